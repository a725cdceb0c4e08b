# Source checkers on the tree, and for each the proof that it reports a planted fault. Exit status 77 means that another version
# of the tool is installed than the one the tree was checked with.
foreach(tool format tidy cppcheck)
  add_test(NAME lint/${tool}
    COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/lint.py" ${tool} "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}")
  add_test(NAME lint/${tool}_self_test
    COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/self_test.py" ${tool})
  set_tests_properties(lint/${tool} lint/${tool}_self_test PROPERTIES TIMEOUT 900 SKIP_RETURN_CODE 77)
endforeach()
# With clang's static analyzer as well: minutes, so a target of its own.
add_custom_target(tidy_all
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/lint.py" tidy_all "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}"
  USES_TERMINAL VERBATIM)

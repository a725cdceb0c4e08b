# The layout rules, and for each the proof that it can fail.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(check layers banned sizes headers_alone doc_links words externals)
  add_test(NAME house/${check}
    COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/${check}.py" "${CMAKE_SOURCE_DIR}" "${CMAKE_C_COMPILER}" "${CMAKE_BINARY_DIR}")
  add_test(NAME house/${check}_self_test
    COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/self_test.py" ${check} "${CMAKE_C_COMPILER}")
  set_tests_properties(house/${check} house/${check}_self_test PROPERTIES TIMEOUT 120)
endforeach()
# It reads the objects of the build.
set_tests_properties(house/externals PROPERTIES FIXTURES_REQUIRED built)

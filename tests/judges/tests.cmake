# The outside judges judge themselves first: a validator that passes everything proves nothing.
foreach(name validator signatures cli)
  add_test(NAME judges/${name}
    COMMAND /usr/bin/python3 -m unittest -q test_${name}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/judges")
  set_tests_properties(judges/${name} PROPERTIES TIMEOUT 300)
endforeach()

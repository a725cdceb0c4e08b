# The outside judges judge themselves first: a validator that passes everything proves nothing.
foreach(name validator signatures cli)
  add_test(NAME judges/${name}
    COMMAND /usr/bin/python3 -m unittest -q test_${name}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/judges")
  set_tests_properties(judges/${name} PROPERTIES TIMEOUT 300)
endforeach()

# The simulator's evaluator judges the reader of policies: only this test links both.
unit(judges policies base aws model)
target_sources(test_judges_policies PRIVATE $<TARGET_OBJECTS:sim_without_main>)
target_include_directories(test_judges_policies PRIVATE "${CMAKE_SOURCE_DIR}/src/sim")
target_link_libraries(test_judges_policies PRIVATE dep_archive dep_microhttpd dep_pcre2 dep_xml)

# The shipped rules: all load, all their fixtures agree, none lacks a verdict, all fit the schema.
add_executable(yaml_to_json "${CMAKE_CURRENT_LIST_DIR}/yaml_to_json.c")
target_link_modules(yaml_to_json base)
add_test(NAME rules/validate COMMAND towerkeep rules validate)
add_test(NAME rules/fixtures COMMAND towerkeep rules test)
add_test(NAME rules/enumerated COMMAND towerkeep rules test --enumerate)
# The examples of an organization's own tag policies: the same, on top of the shipped ones.
add_test(NAME rules/tag_examples
  COMMAND towerkeep rules test --enumerate --rules "${CMAKE_SOURCE_DIR}/docs/examples/tag-rules")
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_test(NAME rules/schema
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/schema.py" $<TARGET_FILE:yaml_to_json> "${CMAKE_SOURCE_DIR}")
add_test(NAME rules/needs
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/needs.py" $<TARGET_FILE:yaml_to_json>)
add_test(NAME docs/rule_sources COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/sources.py" check)
set_property(TEST docs/rule_sources PROPERTY ENVIRONMENT "YAML_TO_JSON=$<TARGET_FILE:yaml_to_json>")
add_test(NAME rules/agreement
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/agreement.py" $<TARGET_FILE:towerkeep> $<TARGET_FILE:yaml_to_json>
    "${CMAKE_SOURCE_DIR}")
set_tests_properties(rules/agreement PROPERTIES TIMEOUT 120)
add_test(NAME rules/commands
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_LIST_DIR}/commands.py" $<TARGET_FILE:towerkeep> "${CMAKE_SOURCE_DIR}")
set_tests_properties(rules/commands PROPERTIES TIMEOUT 120)
set_tests_properties(rules/validate rules/fixtures rules/enumerated rules/tag_examples rules/schema PROPERTIES TIMEOUT 120)

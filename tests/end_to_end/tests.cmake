# The whole on the wire: the simulator as a process, the AWS CLI, the SDKs and towerkeep as its clients.
function(end_to_end name)
  add_test(NAME end_to_end/${name} COMMAND ${ARGN})
  set_tests_properties(end_to_end/${name} PROPERTIES TIMEOUT 300
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/end_to_end"
    ENVIRONMENT "TOWERKEEP_BUILD_DIR=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# Part 1: the simulator judged by the AWS CLI, by AWS's own models, by an independent signer and by the JavaScript SDK.
end_to_end(cli_every_operation /usr/bin/python3 cli_every_operation.py $<TARGET_FILE:ops_dump>)

# Part 2: the scanner on whole organizations.
end_to_end(scan_worlds /usr/bin/python3 -m unittest -q scan_worlds)
end_to_end(scan_changes /usr/bin/python3 -m unittest -q scan_changes)
end_to_end(scan_hardships /usr/bin/python3 -m unittest -q scan_hardships)

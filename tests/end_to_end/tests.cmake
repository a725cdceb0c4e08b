# The whole program over the wire: the simulator as a process; the AWS CLI, the SDKs and towerkeep as its clients.
function(end_to_end name)
  add_test(NAME end_to_end/${name} COMMAND ${ARGN})
  set_tests_properties(end_to_end/${name} PROPERTIES TIMEOUT 600
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/end_to_end"
    ENVIRONMENT "TOWERKEEP_BUILD_DIR=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# Tests that start hundreds of processes run the release build if it exists (test.sh builds it first); the other tests run the
# sanitized build.
set(shipped "${CMAKE_SOURCE_DIR}/build")
if(NOT EXISTS "${shipped}/towerkeep" OR NOT EXISTS "${shipped}/towerkeep-sim")
  set(shipped "${CMAKE_BINARY_DIR}")
endif()
function(end_to_end_shipped name)
  end_to_end(${name} ${ARGN})
  set_tests_properties(end_to_end/${name} PROPERTIES TIMEOUT 900
    ENVIRONMENT "TOWERKEEP_BUILD_DIR=${shipped};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# Part 1: the simulator, compared with the AWS CLI, AWS's own models, an independent signer and the JavaScript SDK.
end_to_end(cli_every_operation /usr/bin/python3 cli_every_operation.py $<TARGET_FILE:ops_dump>)
end_to_end(large_lists /usr/bin/python3 large_lists.py)
end_to_end(sdk_v3 /usr/bin/python3 simulator.py seed-healthy sdk_v3 node sdk_v3.mjs)
set_tests_properties(end_to_end/cli_every_operation end_to_end/large_lists end_to_end/sdk_v3
  PROPERTIES FIXTURES_SETUP recordings)
# The recordings of those tests; other tests check their own recordings with recordings.py.
foreach(judge models signatures)
  end_to_end(recordings_${judge} /usr/bin/python3 recordings.py ${judge} cli_every_operation large_lists sdk_v3)
  set_tests_properties(end_to_end/recordings_${judge} PROPERTIES FIXTURES_REQUIRED recordings)
endforeach()

# Part 2: the scanner on whole organizations.
end_to_end(scan_worlds /usr/bin/python3 -m unittest -q scan_worlds)
end_to_end(scan_changes /usr/bin/python3 -m unittest -q scan_changes)
end_to_end_shipped(scan_hardships /usr/bin/python3 -m unittest -q scan_hardships)
end_to_end(scan_waivers /usr/bin/python3 -m unittest -q scan_waivers)
end_to_end_shipped(rejudging /usr/bin/python3 -m unittest -q rejudging)
end_to_end(bad_input /usr/bin/python3 -m unittest -q bad_input)
end_to_end_shipped(stored_settings /usr/bin/python3 -m unittest -q stored_settings)
end_to_end_shipped(newer_regions /usr/bin/python3 -m unittest -q newer_regions)
end_to_end_shipped(shells /usr/bin/python3 -m unittest -q shells)
end_to_end_shipped(narrowing /usr/bin/python3 -m unittest -q narrowing)
end_to_end_shipped(every_option /usr/bin/python3 -m unittest -q every_option)
end_to_end_shipped(selections /usr/bin/python3 -m unittest -q selections)
end_to_end_shipped(corpus /usr/bin/python3 -m unittest -q corpus)
set_property(TEST end_to_end/corpus APPEND PROPERTY ENVIRONMENT "YAML_TO_JSON=$<TARGET_FILE:yaml_to_json>")
end_to_end(record /usr/bin/python3 -m unittest -q record)
set_property(TEST end_to_end/record APPEND PROPERTY ENVIRONMENT "READ_WORDS=${CMAKE_BINARY_DIR}/generated/read_words.c")
end_to_end_shipped(region_denials /usr/bin/python3 -m unittest -q region_denials)
end_to_end_shipped(wanted_types /usr/bin/python3 -m unittest -q wanted_types)
end_to_end_shipped(wishes /usr/bin/python3 -m unittest -q wishes)

# Backup policies of Organizations, merged by the scan and by the simulator.
end_to_end(inheritance /usr/bin/python3 inheritance.py $<TARGET_FILE:effective_runs>)

# Refuses every operation of a scan, one at a time.
end_to_end_shipped(refused_operations /usr/bin/python3 -m unittest -q refused_operations)

# Makes one change to the healthy organization at a time: the flips are recorded, with their cause.
end_to_end_shipped(mutations /usr/bin/python3 mutations.py check)
set_property(TEST end_to_end/mutations APPEND PROPERTY ENVIRONMENT "YAML_TO_JSON=$<TARGET_FILE:yaml_to_json>")

# Part 3: the engine of apply, killed and disturbed.
end_to_end(apply_engine /usr/bin/python3 -m unittest -q apply_engine)
# The policies that towerkeep prints, compared with the calls of every command.
end_to_end_shipped(least_privilege /usr/bin/python3 -m unittest -q least_privilege)
end_to_end_shipped(change_walks /usr/bin/python3 -m unittest -q change_walks)

# Enable, fix and teardown: killed at every class of boundary, and read back with the AWS CLI.
foreach(command Enable Fix Teardown)
  string(TOLOWER ${command} name)
  end_to_end_shipped(crash_${name} /usr/bin/python3 -m unittest -q crash_boundaries.${command})
endforeach()
end_to_end_shipped(crash_keys /usr/bin/python3 -m unittest -q crash_keys)
end_to_end_shipped(engine_guards /usr/bin/python3 -m unittest -q engine_guards)
end_to_end_shipped(engine_asks /usr/bin/python3 -m unittest -q engine_asks)
end_to_end_shipped(engine_preflight /usr/bin/python3 -m unittest -q engine_preflight)
end_to_end_shipped(engine_gaps /usr/bin/python3 -m unittest -q engine_gaps)
end_to_end_shipped(engine_returns /usr/bin/python3 -m unittest -q engine_returns)
end_to_end_shipped(engine_tags /usr/bin/python3 -m unittest -q engine_tags)
end_to_end_shipped(engine_clients /usr/bin/python3 -m unittest -q engine_clients)
# Not a test: kills at every boundary and random worlds under random faults, until the time is over. Each commit has its own
# seed. CI runs it after the tests: cmake --build build --target campaign (docs/campaign.md).
set(CAMPAIGN_MINUTES 10 CACHE STRING "How long the campaign target runs")
add_custom_target(campaign COMMAND ${CMAKE_COMMAND} -E env "TOWERKEEP_BUILD_DIR=${CMAKE_BINARY_DIR}" PYTHONDONTWRITEBYTECODE=1
  /usr/bin/python3 campaign.py --minutes ${CAMPAIGN_MINUTES}
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/end_to_end" DEPENDS towerkeep towerkeep-sim USES_TERMINAL)

# Part 4: the outputs for the auditor.
end_to_end(evidence_package /usr/bin/python3 -m unittest -q evidence_package)
end_to_end_shipped(evidence_history /usr/bin/python3 -m unittest -q evidence_history)
end_to_end(evidence_runs /usr/bin/python3 -m unittest -q evidence_runs)
end_to_end(every_format /usr/bin/python3 -m unittest -q every_format)
# Every format and stream with hostile text, secrets, terminals and core dumps.
end_to_end_shipped(outputs /usr/bin/python3 -m unittest -q outputs)
end_to_end_shipped(flags /usr/bin/python3 -m unittest -q flags)

# The files that `cmake --install` installs.
end_to_end_shipped(installation /usr/bin/python3 -m unittest -q installation)

# Long tests first, by processor time: a long test that starts last leaves one processor idle.
foreach(pair "every_option;210" "mutations;150" "change_walks;120" "least_privilege;110" "apply_engine;100" "scan_hardships;80" "refused_operations;80"
    "engine_guards;70" "bad_input;60" "engine_tags;50" "engine_returns;50" "engine_clients;50" "scan_waivers;40"
    "cli_every_operation;40" "crash_enable;30" "crash_fix;30")
  list(GET pair 0 name)
  list(GET pair 1 seconds)
  set_tests_properties(end_to_end/${name} PROPERTIES COST ${seconds})
endforeach()

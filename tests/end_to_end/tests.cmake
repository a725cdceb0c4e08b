# The whole on the wire: the simulator as a process, the AWS CLI, the SDKs and towerkeep as its clients.
function(end_to_end name)
  add_test(NAME end_to_end/${name} COMMAND ${ARGN})
  set_tests_properties(end_to_end/${name} PROPERTIES TIMEOUT 600
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/end_to_end"
    ENVIRONMENT "TOWERKEEP_BUILD_DIR=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# Tests that start hundreds of processes run what ships, where it has been built (test.sh builds it first): the sanitized
# build is exercised by the others.
set(shipped "${CMAKE_SOURCE_DIR}/build")
if(NOT EXISTS "${shipped}/towerkeep" OR NOT EXISTS "${shipped}/towerkeep-sim")
  set(shipped "${CMAKE_BINARY_DIR}")
endif()
function(end_to_end_shipped name)
  end_to_end(${name} ${ARGN})
  set_tests_properties(end_to_end/${name} PROPERTIES TIMEOUT 900
    ENVIRONMENT "TOWERKEEP_BUILD_DIR=${shipped};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# Part 1: the simulator judged by the AWS CLI, by AWS's own models, by an independent signer and by the JavaScript SDK.
end_to_end(cli_every_operation /usr/bin/python3 cli_every_operation.py $<TARGET_FILE:ops_dump>)
end_to_end(large_lists /usr/bin/python3 large_lists.py)
end_to_end(sdk_v3 /usr/bin/python3 simulator.py seed-healthy sdk_v3 node sdk_v3.mjs)
set_tests_properties(end_to_end/cli_every_operation end_to_end/large_lists end_to_end/sdk_v3
  PROPERTIES FIXTURES_SETUP recordings)
# What those recorded; recordings of other tests are judged by their own calls of recordings.py.
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

# Every operation of a scan refused, one at a time.
end_to_end_shipped(unseen /usr/bin/python3 -m unittest -q unseen)

# One fact of the healthy organization changed at a time: what flips is on record, with its cause.
end_to_end_shipped(mutations /usr/bin/python3 mutations.py check)
set_property(TEST end_to_end/mutations APPEND PROPERTY ENVIRONMENT "YAML_TO_JSON=$<TARGET_FILE:yaml_to_json>")

# Part 3: the engine of apply, killed and hindered.
end_to_end(apply_engine /usr/bin/python3 -m unittest -q apply_engine)
# The policies that towerkeep prints, held against what every command asks for.
end_to_end_shipped(least_privilege /usr/bin/python3 -m unittest -q least_privilege)
end_to_end_shipped(change_walks /usr/bin/python3 -m unittest -q change_walks)

# Enable, fix and teardown: killed at every class of boundary, and read back by the AWS CLI.
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
# Not a test: kills at every boundary and random worlds under random faults, until the time is over. Every commit is a seed of its
# own. CI runs it after the tests: cmake --build build --target campaign (docs/campaign.md).
set(CAMPAIGN_MINUTES 10 CACHE STRING "How long the campaign target runs")
add_custom_target(campaign COMMAND ${CMAKE_COMMAND} -E env "TOWERKEEP_BUILD_DIR=${CMAKE_BINARY_DIR}" PYTHONDONTWRITEBYTECODE=1
  /usr/bin/python3 campaign.py --minutes ${CAMPAIGN_MINUTES}
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/end_to_end" DEPENDS towerkeep towerkeep-sim USES_TERMINAL)

# Part 4: what the auditor receives.
end_to_end(evidence_package /usr/bin/python3 -m unittest -q evidence_package)
end_to_end_shipped(evidence_history /usr/bin/python3 -m unittest -q evidence_history)
end_to_end(evidence_runs /usr/bin/python3 -m unittest -q evidence_runs)
end_to_end(every_format /usr/bin/python3 -m unittest -q every_format)
# What leaves the program: every format and stream under hostile text, secrets, terminals, cores.
end_to_end_shipped(outputs /usr/bin/python3 -m unittest -q outputs)
end_to_end_shipped(flags /usr/bin/python3 -m unittest -q flags)

# What `cmake --install` installs.
end_to_end_shipped(installation /usr/bin/python3 -m unittest -q installation)

# The long ones first, in seconds of processor time: a long test that begins last keeps one processor idle.
foreach(pair "mutations;150" "change_walks;120" "least_privilege;110" "apply_engine;100" "scan_hardships;80" "unseen;80"
    "engine_guards;70" "bad_input;60" "engine_tags;50" "engine_returns;50" "engine_clients;50" "scan_waivers;40"
    "cli_every_operation;40" "crash_enable;30" "crash_fix;30")
  list(GET pair 0 name)
  list(GET pair 1 seconds)
  set_tests_properties(end_to_end/${name} PROPERTIES COST ${seconds})
endforeach()

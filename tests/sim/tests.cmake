# The simulator is an executable's own module: its tests link everything of it but main().
file(GLOB_RECURSE sim_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/sim/*.c")
list(FILTER sim_sources EXCLUDE REGEX "/main\\.c$")
add_library(sim_without_main OBJECT EXCLUDE_FROM_ALL ${sim_sources})
target_include_directories(sim_without_main PRIVATE "${CMAKE_SOURCE_DIR}/src/sim")
target_link_libraries(sim_without_main PUBLIC compile_flags dep_jansson dep_microhttpd dep_pcre2 dep_xml)

function(sim_unit name)
  unit(sim ${name} base aws)
  string(REPLACE "/" "_" target "test_sim_${name}")
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:sim_without_main>)
  target_link_libraries(${target} PRIVATE dep_microhttpd dep_pcre2 dep_xml)
endfunction()

sim_unit(shape)
sim_unit(wire)
sim_unit(auth)
sim_unit(policy)
sim_unit(core)
sim_unit(faults)
sim_unit(services/organizations)
sim_unit(services/controltower)
sim_unit(services/kms)
sim_unit(services/backup)
sim_unit(services/inventory)

add_test(NAME sim/options COMMAND /usr/bin/python3 -B -m unittest -q options
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/sim")
set_tests_properties(sim/options PROPERTIES TIMEOUT 60 ENVIRONMENT "TOWERKEEP_SIM=$<TARGET_FILE:towerkeep-sim>")

# The simulator is an executable's own room: its tests link everything of it but main().
file(GLOB sim_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/sim/*.c")
list(FILTER sim_sources EXCLUDE REGEX "/main\\.c$")
add_library(sim_without_main OBJECT EXCLUDE_FROM_ALL ${sim_sources})
target_include_directories(sim_without_main PRIVATE "${CMAKE_SOURCE_DIR}/src/sim")
target_link_libraries(sim_without_main PUBLIC house dep_jansson dep_microhttpd dep_pcre2 dep_xml)

function(sim_unit name)
  unit(sim ${name} base aws)
  target_sources(test_sim_${name} PRIVATE $<TARGET_OBJECTS:sim_without_main>)
  target_link_libraries(test_sim_${name} PRIVATE dep_microhttpd dep_pcre2 dep_xml)
endfunction()

sim_unit(shape)
sim_unit(wire)
sim_unit(auth)
sim_unit(policy)
sim_unit(core)

unit(collect collectors base aws model store inventory collect)
# Whole scans against a stub server.
foreach(name crawl answers accounts wanted_types)
  unit(collect ${name} base aws model store inventory collect)
  target_link_libraries(test_collect_${name} PRIVATE dep_microhttpd)
endforeach()
set_tests_properties(collect/crawl collect/answers collect/accounts collect/wanted_types PROPERTIES TIMEOUT 600)

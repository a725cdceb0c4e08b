unit(report xlsx base model store inventory report)

# Reports of runs made by hand, judged by programs that the project did not write.
add_executable(report_sample "${CMAKE_CURRENT_SOURCE_DIR}/report/sample.c")
target_link_modules(report_sample base model store inventory report)
target_include_directories(report_sample PRIVATE "${CMAKE_SOURCE_DIR}/src/report" "${CMAKE_CURRENT_SOURCE_DIR}/support")
target_compile_definitions(report_sample PRIVATE TOWERKEEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
# What writes very many rows does so with what ships, where it has been built (test.sh builds it first).
set(shipped_sample "${CMAKE_SOURCE_DIR}/build/tests/report_sample")
if(NOT EXISTS "${shipped_sample}")
  set(shipped_sample "$<TARGET_FILE:report_sample>")
endif()
foreach(name workbook json limits lines numbers junit exchange html browser oscal)
  add_test(NAME report/${name}
    COMMAND /usr/bin/python3 -B -m unittest -q test_${name}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/report")
  set_tests_properties(report/${name} PROPERTIES TIMEOUT 900
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;REPORT_SAMPLE=$<TARGET_FILE:report_sample>;SCHEMAS=${CMAKE_SOURCE_DIR}/docs/schemas")
endforeach()
set_property(TEST report/limits APPEND PROPERTY ENVIRONMENT "REPORT_SAMPLE=${shipped_sample}")

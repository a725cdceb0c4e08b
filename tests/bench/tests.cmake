# Measurements, not tests: `cmake --build build --target bench` (docs/benchmarks.md). BENCH_ARGS are
# handed on, for example -DBENCH_ARGS="--accounts 10 --rounds 1".
set(BENCH_ARGS "" CACHE STRING "Arguments of the bench target")
separate_arguments(bench_arguments UNIX_COMMAND "${BENCH_ARGS}")
foreach(pair "bench;bench.py" "bench_large;large.py")
  list(GET pair 0 target)
  list(GET pair 1 script)
  add_custom_target(${target}
    COMMAND /usr/bin/python3 -B "${CMAKE_CURRENT_LIST_DIR}/${script}" --towerkeep $<TARGET_FILE:towerkeep>
      --sim $<TARGET_FILE:towerkeep-sim> ${bench_arguments}
    DEPENDS towerkeep towerkeep-sim USES_TERMINAL VERBATIM)
endforeach()
# A million resources against every rule.
add_custom_target(bench_judge
  COMMAND /usr/bin/python3 -B "${CMAKE_CURRENT_LIST_DIR}/judge.py" --build "${CMAKE_BINARY_DIR}" ${bench_arguments}
  DEPENDS towerkeep towerkeep-sim USES_TERMINAL VERBATIM)
# How long a browser takes over a report that lists all it can (20,000 findings): -DBENCH_PAGE=REPORT.html, written before by
# `towerkeep report RUN -M html` of a large run.
set(BENCH_PAGE "report.html" CACHE STRING "The HTML report of the bench_page target")
add_custom_target(bench_page COMMAND node "${CMAKE_CURRENT_LIST_DIR}/page.mjs" "${BENCH_PAGE}" USES_TERMINAL VERBATIM)

# Reports of a million findings, and the workbook beside its library: cmake --build build --target bench_reports
add_executable(xlsx_cells EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/xlsx_cells.c")
target_link_modules(xlsx_cells base model store inventory report)
target_include_directories(xlsx_cells PRIVATE "${CMAKE_SOURCE_DIR}/src/report")
# The names with __real_ and __wrap_ are the linker's own.
target_compile_options(xlsx_cells PRIVATE -Wno-reserved-identifier -Wno-unknown-warning-option)
foreach(call workbook_add_worksheet workbook_add_format worksheet_write_string worksheet_write_number worksheet_write_blank
    worksheet_write_unixtime worksheet_write_url_opt worksheet_set_row)
  target_link_options(xlsx_cells PRIVATE "LINKER:--wrap=${call}")
endforeach()
add_custom_target(bench_reports
  COMMAND /usr/bin/python3 -B "${CMAKE_CURRENT_LIST_DIR}/reports.py" --sample $<TARGET_FILE:report_sample>
    --cells $<TARGET_FILE:xlsx_cells> ${bench_arguments}
  DEPENDS report_sample xlsx_cells USES_TERMINAL VERBATIM)

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
# How long a browser takes over a report that lists all it can (20,000 findings): -DBENCH_PAGE=REPORT.html, written before by
# `towerkeep report RUN -M html` of a large run.
set(BENCH_PAGE "report.html" CACHE STRING "The HTML report of the bench_page target")
add_custom_target(bench_page COMMAND node "${CMAKE_CURRENT_LIST_DIR}/page.mjs" "${BENCH_PAGE}" USES_TERMINAL VERBATIM)

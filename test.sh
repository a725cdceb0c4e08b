#!/usr/bin/env bash
# Installs what the tests need, builds the release (build/), the sanitized build (build-debug/) and
# the clang build (build-clang/), and runs every test.
#   ./test.sh [ctest options]     for example ./test.sh -R sim/
set -euo pipefail
cd "$(dirname "$0")"
. scripts/env.sh
scripts/setup.sh tests
scripts/build.sh release -DBUILD_TESTS=ON towerkeep towerkeep-sim manuals ops_dump report_sample
scripts/build.sh debug
scripts/build.sh clang
# One more test at a time than processors: tests also wait for processes that they start.
exec ctest --preset debug -j"$(($(nproc) + 1))" "$@"

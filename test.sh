#!/usr/bin/env bash
# Sets up, builds what ships (build/) and the sanitized build (build-debug/), and runs every test.
#   ./test.sh [ctest options]     for example ./test.sh -R sim/
set -euo pipefail
cd "$(dirname "$0")"
. scripts/env.sh
scripts/setup.sh tests
scripts/build.sh release towerkeep towerkeep-sim ops_dump report_sample
scripts/build.sh debug
exec ctest --preset debug -j2 "$@"

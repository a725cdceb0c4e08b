#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json: scripts/build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:?which preset?}
shift
cmake --preset "$preset" -Wno-dev >/dev/null
targets=()
if [ $# -gt 0 ]; then
    targets=(--target "$@")
fi
cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"

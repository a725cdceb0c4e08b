#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json.
#   scripts/build.sh PRESET [-DNAME=VALUE...] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:?missing argument: PRESET}
shift
definitions=() targets=()
for argument in "$@"; do
    case "$argument" in
    -D*) definitions+=("$argument") ;;
    *) targets+=("$argument") ;;
    esac
done
cmake --preset "$preset" -Wno-dev "${definitions[@]}" >/dev/null
if [ ${#targets[@]} -gt 0 ]; then
    targets=(--target "${targets[@]}")
fi
cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"

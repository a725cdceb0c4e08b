#!/usr/bin/env bash
# Shows the main job on this machine: an AWS organization on loopback, scanned over AWS's own wire
# protocols. First one whose backup architecture is in order, then one with many things broken.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/env.sh
scripts/setup.sh build
scripts/build.sh release towerkeep towerkeep-sim

# The management account's credentials, as the world files declare them.
export AWS_ACCESS_KEY_ID=AKIAMGMT00000000DEMO
export AWS_SECRET_ACCESS_KEY=demo-secret-management
export AWS_REGION=eu-central-1

work=$(mktemp -d)
simulator=
stop_simulator()
{
    if [ -n "$simulator" ]; then
        kill "$simulator" 2>/dev/null || true
        wait "$simulator" 2>/dev/null || true
        simulator=
    fi
}
trap 'stop_simulator; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export XDG_CONFIG_HOME=$work

start_simulator()
{
    rm -f "$work/port"
    build/towerkeep-sim --world "fixtures/worlds/$1.yaml" --listen 127.0.0.1:0 \
        --port-file "$work/port" &
    simulator=$!
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if [ -s "$work/port" ]; then
            return
        fi
        kill -0 "$simulator" 2>/dev/null || break
        sleep 0.05
    done
    echo "demo: the simulator did not start on world $1" >&2
    exit 1
}

# show WORLD DIRECTORY EXPECTED-EXIT TITLE
show()
{
    local world=$1 directory=$2 expected=$3 title=$4 status=0
    printf '\n== %s (fixtures/worlds/%s.yaml)\n' "$title" "$world"
    start_simulator "$world"
    build/towerkeep scan --endpoint-url "http://127.0.0.1:$(cat "$work/port")" \
        -M json,xlsx,html -o "$directory" || status=$?
    stop_simulator
    if [ "$status" -ne "$expected" ]; then
        echo "demo: the scan of $world ended with exit code $status instead of $expected" >&2
        exit 1
    fi
    local verdict
    verdict=$(grep -m1 -o '"verdict": *"[A-Z-]*"' "$directory/report.json" | cut -d'"' -f4)
    summary+=$(printf '\n  %-14s exit code %d   %s' "$verdict" "$status" "$directory/report.{xlsx,html,json}")
}

summary=
rm -rf demo-output
show seed-healthy demo-output 0 "An organization whose backup architecture is in order"
show seed-broken demo-output/broken 3 "The same organization with something broken at every step"
printf '\nReports written:%s\n' "$summary"

#!/usr/bin/env bash
# Makes a bare Debian 12 machine able to build and show towerkeep, or to test it as well.
#   scripts/setup.sh build     compiler and libraries
#   scripts/setup.sh tests     the same, and the outside programs that judge us in tests
# Installs only what is missing; when nothing is, it changes nothing and touches no network.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
    ca-certificates cmake gcc libc6-dev ninja-build pkg-config
    libcurl4-openssl-dev libssl-dev libjansson-dev libxlsxwriter-dev libpcre2-dev libsqlite3-dev
    libxml2-dev libxslt1-dev libyaml-dev libmicrohttpd-dev libcmocka-dev
)
test_packages=(
    python3 python3-jsonschema python3-openpyxl python3-prometheus-client libxml2-utils openssl cmark-gfm chromium
    jq shellcheck
    "libreoffice-calc-nogui|libreoffice-calc"
)

die()
{
    echo "setup: $*" >&2
    exit 1
}

installed()
{
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints the packages still to install: of each entry "a|b", a, unless one of them is there.
missing()
{
    local entry name
    for entry in "$@"; do
        for name in ${entry//|/ }; do
            if installed "$name"; then
                continue 2
            fi
        done
        echo "${entry%%|*}"
    done
}

install_packages()
{
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            die "missing packages, and neither root nor sudo to install them: $*"
        fi
        as_root=(sudo)
        # Without a terminal nobody can answer a password prompt.
        if [ ! -t 0 ]; then
            as_root=(sudo -n)
        fi
        "${as_root[@]}" true || die "missing packages, and sudo refuses to install them: $*"
    fi
    echo "setup: installing $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q=2 ||
        echo "setup: package lists could not be refreshed; trying with those at hand" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q=2 -y --no-install-recommends "$@" >/dev/null ||
        die "apt-get could not install: $*"
}

# node_modules carries the hash of the lock file it was made from.
install_judges()
{
    local stamp=tests/node_modules/.lock-sha256 major want
    major=$(node -p 'process.versions.node.split(".")[0]') || die "node does not run"
    [ "$major" -ge 18 ] || die "node $major on PATH is too old for the tests; 18 or newer is needed"
    want=$(cat tests/package.json tests/package-lock.json | sha256sum | cut -d' ' -f1)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
        return
    fi
    echo "setup: installing the npm packages of tests/package-lock.json"
    (cd tests && npm ci --no-fund --no-audit --loglevel=error >/dev/null) ||
        die "npm ci failed in tests/"
    echo "$want" >"$stamp"
}

what=${1:-build}
case "$what" in
build) wanted=("${build_packages[@]}") ;;
tests)
    wanted=("${build_packages[@]}" "${test_packages[@]}")
    # A node from elsewhere serves as well, and Debian's would fight with it.
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        wanted+=(nodejs npm)
    fi
    ;;
*) die "say 'build' or 'tests', not '$what'" ;;
esac

command -v dpkg-query >/dev/null || die "this is not Debian; install yourself: ${wanted[*]}"
lacking=$(missing "${wanted[@]}")
if [ -n "$lacking" ]; then
    # shellcheck disable=SC2086 # one word per package
    install_packages $lacking
fi
if [ "$what" = tests ]; then
    install_judges
fi

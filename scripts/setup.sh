#!/usr/bin/env bash
# Installs what a Debian machine (12 or 13) needs to build towerkeep, or to test it as well.
#   scripts/setup.sh build     compiler and libraries
#   scripts/setup.sh tests     the same, and the programs that the tests use
# Installs only what is missing. When nothing is missing, it changes nothing and uses no network.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
    ca-certificates cmake gcc libc6-dev ninja-build pkg-config
    libcurl4-openssl-dev libssl-dev libjansson-dev libxlsxwriter-dev libpcre2-dev libsqlite3-dev
    libxml2-dev libxslt1-dev libyaml-dev libmicrohttpd-dev libarchive-dev
    # The pkg-config file of xlsxwriter names both; its Debian package depends on neither.
    zlib1g-dev libminizip-dev
)
test_packages=(
    python3 python3-jsonschema python3-openpyxl python3-yaml python3-prometheus-client libxml2-utils openssl cmark-gfm chromium
    zsh fish bash-completion mandoc
    jq shellcheck libcmocka-dev clang clang-format clang-tidy cppcheck
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
            die "cannot install packages: not root, and sudo is not installed; missing: $*"
        fi
        as_root=(sudo)
        # Without a terminal nobody can answer a password prompt.
        if [ ! -t 0 ]; then
            as_root=(sudo -n)
        fi
        "${as_root[@]}" true || die "cannot install packages: sudo failed; missing: $*"
    fi
    echo "setup: installing $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q=2 ||
        echo "setup: apt-get update failed; using the package lists of the last update" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q=2 -y --no-install-recommends "$@" >/dev/null ||
        die "apt-get failed to install: $*"
}

# node_modules/.lock-sha256 is the checksum of the files that npm installed from.
install_npm_packages()
{
    local stamp=tests/node_modules/.lock-sha256 major want
    major=$(node -p 'process.versions.node.split(".")[0]') || die "cannot run node"
    [ "$major" -ge 18 ] || die "node $major is too old: the tests need version 18 or later"
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
    # Debian's packages conflict with a node from another source, which serves as well.
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        wanted+=(nodejs npm)
    fi
    ;;
*) die "invalid argument \"$what\": expected build or tests" ;;
esac

command -v dpkg-query >/dev/null ||
    die "this system has no dpkg; install the equivalents of these Debian packages: ${wanted[*]}"
lacking=$(missing "${wanted[@]}")
if [ -n "$lacking" ]; then
    # shellcheck disable=SC2086 # one word per package
    install_packages $lacking
fi
if [ "$what" = tests ]; then
    install_npm_packages
fi

#!/usr/bin/env bash
# Runs both commands on a bare Debian machine, as an ordinary user with sudo: ./demo.sh, then a
# quick part of ./test.sh. Makes the machine with debootstrap from the mirror that apt uses here,
# and clones the committed HEAD into it. Needs root.
#   scripts/fresh-machine.sh bookworm|trixie [options] [ctest regex]
#     --compiler NAME   install and use this compiler, for example clang-14
#     --demo-only       run ./demo.sh only
#     --cache DIR       keep the base system and the downloaded packages in DIR for the next run
#     --keep            do not remove the machine at the end
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
user=tester
quick='^(base|model|store|rules)/|^end_to_end/flags$'

die()
{
    echo "fresh-machine: $*" >&2
    exit 2
}

usage()
{
    sed -n '/^#   /,/^set/s/^#  *//p' "$0" >&2
    exit 2
}

# Prints the address from which apt gets a suite's main packages: mirror_of SUITE
mirror_of()
{
    # shellcheck disable=SC2016 # fields of apt-get, not variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }'
}

# timed TITLE COMMAND...
timed()
{
    local title=$1 started=$SECONDS
    shift
    "$@"
    echo "fresh-machine: $title: $((SECONDS - started)) s"
}

make_base()
{
    local tar=${cache:+$cache/$suite.tar}
    if [ -n "$tar" ] && [ -f "$tar" ]; then
        tar -xf "$tar" -C "$machine"
        return
    fi
    debootstrap --variant=minbase --include=sudo ${archives:+"--cache-dir=$archives"} \
        "$suite" "$machine" "$mirror" >"$machine.log" 2>&1 || {
        tail -5 "$machine.log" >&2
        die "debootstrap failed"
    }
    rm -f "$machine.log"
    if [ -n "$tar" ]; then
        tar -cf "$tar.new" -C "$machine" .
        mv "$tar.new" "$tar"
    fi
}

# What apt, dpkg and npm in the machine need, and how programs there reach the network.
write_settings()
{
    cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
    { cat /etc/hosts; echo "127.0.1.1 $(hostname)"; } >"$machine/etc/hosts"
    # A machine that is thrown away needs no fsync after every package.
    echo force-unsafe-io >"$machine/etc/dpkg/dpkg.cfg.d/fresh-machine"
    apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries)' \
        >"$machine/etc/apt/apt.conf.d/90fresh-machine" || true
    {
        echo "deb $mirror $suite main"
        if [ -n "$security" ]; then
            echo "deb $security $suite-security main"
        fi
    } >"$machine/etc/apt/sources.list"
    if [ -f "$HOME/.npmrc" ]; then
        grep -E '(registry|cafile|strict-ssl|proxy) *=' "$HOME/.npmrc" \
            >"$machine/home/$user/.npmrc" || true
    fi
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY \
        npm_config_registry NPM_CONFIG_REGISTRY; do
        if [ -n "${!name-}" ]; then
            settings+=("$name=${!name}")
        fi
    done
    # Certificates that this machine trusts beside the public ones.
    if [ -n "${NODE_EXTRA_CA_CERTS-}" ]; then
        cp -L "$NODE_EXTRA_CA_CERTS" "$machine/etc/fresh-machine-ca.crt"
        settings+=(NODE_EXTRA_CA_CERTS=/etc/fresh-machine-ca.crt)
    fi
}

# The mounts are private to this process (see below) and end with it.
mount_kernel_files()
{
    local name
    mount -t proc proc "$machine/proc"
    mount -t sysfs -o ro sysfs "$machine/sys"
    mount -t tmpfs -o mode=755 tmpfs "$machine/dev"
    for name in null zero full random urandom tty; do
        touch "$machine/dev/$name"
        mount --bind "/dev/$name" "$machine/dev/$name"
    done
    mkdir "$machine/dev/pts" "$machine/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$machine/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
    ln -s pts/ptmx "$machine/dev/ptmx"
    ln -s /proc/self/fd "$machine/dev/fd"
    ln -s /proc/self/fd/0 "$machine/dev/stdin"
    ln -s /proc/self/fd/1 "$machine/dev/stdout"
    ln -s /proc/self/fd/2 "$machine/dev/stderr"
    if [ -n "$archives" ]; then
        mount --bind "$archives" "$machine/var/cache/apt/archives"
    fi
}

make_user()
{
    chroot "$machine" useradd --create-home --shell /bin/bash "$user"
    echo "$user ALL=(ALL) NOPASSWD: ALL" >"$machine/etc/sudoers.d/$user"
    git clone -q --no-hardlinks "$tree" "$machine/home/$user/towerkeep"
    git -C "$machine/home/$user/towerkeep" checkout -q --detach "$commit"
}

# as_root COMMAND..., as_user COMMAND...: in the machine, with the environment of a new login.
as_root()
{
    chroot "$machine" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "${settings[@]}" "$@" </dev/null
}

as_user()
{
    # shellcheck disable=SC2016 # expanded in the machine
    chroot --userspec="$user:$user" "$machine" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin \
        LANG=C.UTF-8 HOME="/home/$user" USER="$user" LOGNAME="$user" "${settings[@]}" \
        bash -c 'cd ~/towerkeep && exec "$@"' bash "$@" </dev/null
}

# Everything that needs the machine; runs in namespaces of its own.
inside()
{
    timed "base system of $suite" make_base
    make_user
    write_settings
    mount_kernel_files
    chroot "$machine" chown -R "$user:$user" "/home/$user"
    if [ -n "$compiler" ]; then
        as_root apt-get update -q=2
        as_root apt-get install -q=2 -y --no-install-recommends "$compiler" >/dev/null
        settings+=("CC=$compiler")
    fi
    timed "./demo.sh" as_user ./demo.sh
    if [ -z "$demo_only" ]; then
        timed "./test.sh -R '$regex'" as_user ./test.sh -R "$regex"
    fi
}

outside()
{
    machine=$(mktemp -d "${TMPDIR:-/tmp}/towerkeep-$suite.XXXXXX")
    chmod 755 "$machine"
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    local arguments=("$suite" "$regex" ${compiler:+--compiler "$compiler"}
        ${demo_only:+--demo-only} ${cache:+--cache "$cache"})
    # With namespaces of their own, mounts and processes of the machine end with the worker.
    FRESH_MACHINE=$machine unshare --mount --pid --fork --kill-child "$0" "${arguments[@]}" &
    worker=$!
    local status=0
    wait "$worker" || status=$?
    worker=
    exit "$status"
}

finish()
{
    if [ -n "$worker" ]; then
        kill -KILL "$worker" 2>/dev/null || true
        wait "$worker" 2>/dev/null || true
    fi
    if [ -n "$keep" ]; then
        echo "fresh-machine: kept: $machine"
    else
        rm -rf --one-file-system "$machine" "$machine.log"
    fi
}

suite='' regex=$quick compiler='' demo_only='' cache='' keep=''
while [ $# -gt 0 ]; do
    case "$1" in
    --compiler | --cache)
        [ $# -ge 2 ] || usage
        declare "${1#--}=$2"
        shift
        ;;
    --demo-only) demo_only=yes ;;
    --keep) keep=yes ;;
    -*) usage ;;
    *)
        if [ -z "$suite" ]; then
            suite=$1
        else
            regex=$1
        fi
        ;;
    esac
    shift
done
[ "$suite" = bookworm ] || [ "$suite" = trixie ] || usage
[ "$(id -u)" -eq 0 ] || die "root is needed to make a machine"
command -v debootstrap >/dev/null || die "debootstrap is not installed"
here=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
mirror=$(mirror_of "$here")
security=$(mirror_of "$here-security")
[ -n "$mirror" ] || die "apt has no source for the main packages of '$here'"
commit=$(git -C "$tree" rev-parse HEAD)
archives=
if [ -n "$cache" ]; then
    archives=$(mkdir -p "$cache/$suite" && cd "$cache/$suite" && pwd)
    cache=$(dirname "$archives")
fi
settings=() worker=
if [ -n "${FRESH_MACHINE-}" ]; then
    machine=$FRESH_MACHINE
    inside
else
    outside
fi

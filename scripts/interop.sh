#!/usr/bin/env bash
# Has exports opened by the readers of other people, from Python packages in a folder of their own. With the word
# quick, only by small ones, and without Python or its packages it says so and goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

tools=${CARGO_TARGET_DIR:-target}/tools
venv=$tools/interop

# One line each: what is needed of it, what else pip is told. Lhotse wants torch, of which reading manifests needs
# nothing (tests/interop/no_torch.py), so its packages are named here.
small='webvtt-py==0.6.0 srt==3.5.3 praatio==6.2.2 textgrid==1.6.1 pympi-ling==1.71'
of_lhotse='audioread click cytoolz intervaltree numpy packaging pyyaml soundfile tabulate tqdm typing_extensions urllib3'
lhotse='lhotse==1.33.0'
large='datasets==3.6.0 pandas<3'

# Seconds for each run of pip. Where timeout is not at hand (macOS), pip's own limits have to do.
limit=600
[ "${1-}" != quick ] || limit=80

limited() {
    if have timeout; then timeout "$limit" "$@"; else "$@"; fi
}

pip() {
    limited "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 15 --retries 1 "$@" >&2
}

# install STAMP COMMAND...: once for each wording of this script.
install() {
    local wording stamp
    wording=$(cksum <scripts/interop.sh | cut -d ' ' -f 1)
    stamp=$venv/$1.$wording
    shift
    [ -e "$stamp" ] || { "$@" && touch "$stamp"; }
}

small() {
    # shellcheck disable=SC2086 # packages are words
    pip $small $of_lhotse && pip --no-deps "$lhotse"
}

large() {
    # shellcheck disable=SC2086 # the same
    pip $large
}

prepared() {
    have python3 || { note 'there is no python3'; return 1; }
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2 ||
        { rm -rf "$venv"; note 'python3 has no venv (Debian: python3-venv)'; return 1; }
    install small small || { note 'pip could not install the readers'; return 1; }
}

step 'readers of other people (Python packages)'
if ! prepared; then
    [ "${1-}" = quick ] || fail 'exports were not compared with other readers'
    note 'exports were not compared with other readers'
    exit 0
fi
[ "${1-}" = quick ] || install large large ||
    note 'datasets could not be installed; audiofolder is not checked'

step 'exports, opened by them'
EARMARK_INTEROP_PYTHON=$(cd "$venv" && pwd)/bin/python exec cargo test --locked --test interop -- --nocapture

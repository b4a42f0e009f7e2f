# What the scripts share: saying what happens, and becoming root only where that is needed. Sourced, not run.
# shellcheck shell=bash

# The scripts run on macOS too, whose bash is 3.2: no associative arrays, no mapfile, no empty "${array[@]}".

have() { command -v "$1" >/dev/null 2>&1; }

step() { printf '\n==> %s\n' "$*" >&2; }

note() { printf 'note: %s\n' "$*" >&2; }

# fail WHAT [HINT]
fail() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

# as_root COMMAND...: runs it as root, or returns 1 where this account cannot become root.
# Asks for a password only where somebody can type one.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
        sudo "$@"
    else
        return 1
    fi
}

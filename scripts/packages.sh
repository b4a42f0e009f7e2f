#!/usr/bin/env bash
# packages.sh TASK...: sees to it that the system packages of these tasks are there, as packages.txt lists them.
# Installs by apt-get (as root or by sudo) or brew; elsewhere, or without the right to, names them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

if have apt-get; then manager=apt
elif have brew; then manager=brew
elif have dnf; then manager=dnf
elif have pacman; then manager=pacman
else manager=unknown; fi

found() {
    case $1 in
        cmd:*) have "${1#*:}" ;;
        pc:*) have pkg-config && pkg-config --exists "${1#*:}" ;;
        deb:*) [ "$(dpkg-query -W -f '${db:Status-Status}' "${1#*:}" 2>/dev/null)" = installed ] ;;
        *) fail "packages.txt: no way to look for '$1'" ;;
    esac
}

# missing NEED TASK...: what these tasks lack, on one line, by the names that this machine's package manager knows.
missing() {
    local wanted_need=$1 task need probe apt brew dnf pacman package
    shift
    while read -r task need probe apt brew dnf pacman; do
        case $task in '' | '#'*) continue ;; esac
        case " $* " in *" $task "*) ;; *) continue ;; esac
        [ "$need" = "$wanted_need" ] || continue
        case $manager in
            brew) package=$brew ;;
            dnf) package=$dnf ;;
            pacman) package=$pacman ;;
            *) package=$apt ;;
        esac
        case $manager:$probe in
            # What only Debian can answer is not looked for elsewhere.
            apt:deb:*) ;;
            *:deb:*) continue ;;
        esac
        [ "$package" = - ] || found "$probe" || printf '%s\n' "$package"
    done <"$here/packages.txt" | sort -u | paste -sd' ' -
}

install() {
    case $manager in
        apt)
            as_root env DEBIAN_FRONTEND=noninteractive apt-get \
                -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@" >&2
            ;;
        brew) brew install "$@" >&2 ;;
        *) return 1 ;;
    esac
}

# The command a person with the right to would type.
by_hand() {
    case $manager in
        apt) echo "sudo apt-get install $*" ;;
        brew) echo "brew install $*" ;;
        dnf) echo "sudo dnf install $*" ;;
        pacman) echo "sudo pacman -S $*" ;;
        *) echo "install what your system calls: $*" ;;
    esac
}

tasks=$(awk '/^[^#]/ { print $1 }' "$here/packages.txt" | uniq | paste -sd' ' -)
[ $# -gt 0 ] || fail 'packages.sh: no task given' "tasks: $tasks"
for task in "$@"; do
    case " $tasks " in *" $task "*) ;; *) fail "packages.sh: no task '$task'" "tasks: $tasks" ;; esac
done

must=$(missing must "$@")
may=$(missing may "$@")
[ -n "$must$may" ] || exit 0

step "system packages for: $*"
if [ "$manager" = apt ] && as_root true; then
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2 || note 'the package lists could not be brought up to date'
fi

# Apart from each other: what may be left out must not keep back what is needed.
# shellcheck disable=SC2086 # package names are words
if [ -n "$must" ] && ! install $must; then
    fail "these packages are needed and could not be installed: $must" "$(by_hand $must)"
fi
# shellcheck disable=SC2086
if [ -n "$may" ] && ! install $may; then
    note "left out, not needed: $may"
fi

# A package that installs and still is not found would come up again as a puzzling build error.
left=$(missing must "$@")
[ -z "$left" ] || fail "installed, but still not found: $left"

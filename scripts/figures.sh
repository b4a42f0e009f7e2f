#!/usr/bin/env bash
# The figures that tests left: `figures.sh clear` before a run, `figures.sh print` after it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

folder=${CARGO_TARGET_DIR:-target}/tmp/figures

case ${1:-print} in
clear) rm -rf "$folder" ;;
print)
    [ -d "$folder" ] || exit 0
    step 'tried, and lost'
    cat "$folder"/* | awk -F '\t' '{ sum[$1] += $2 } END { for (what in sum) printf "%12d  %s\n", sum[what], what }' |
        sort -k 2
    ;;
*) fail "figures.sh: $1?" 'clear or print' ;;
esac

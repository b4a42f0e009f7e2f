#!/usr/bin/env bash
# The tests that attack the program, for as long as they find useful: thousands of kills, an hour of use.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build test
scripts/servers.sh install
trap 'scripts/servers.sh stop' EXIT
export EARMARK_SOAK=1

scripts/figures.sh clear
step 'soak'
status=0
if have cargo-nextest; then
    cargo nextest run --locked --features crash-points --profile soak "$@" || status=$?
else
    cargo test --locked --no-fail-fast --features crash-points --test reliability "$@" || status=$?
fi
if have cargo-nextest; then
    step 'every call of the disk, renames among them'
    cargo nextest run --locked --features crash-points,libc-calls --profile soak \
        -E 'binary(reliability) & test(disk::each_call)' || status=$?
fi
scripts/figures.sh print

if [ "$status" = 0 ] && have cargo-fuzz && rustup toolchain list 2>/dev/null | grep -q nightly; then
    for target in $(cargo +nightly fuzz list); do
        step "fuzz target $target"
        cargo +nightly fuzz run "$target" -- -max_total_time=600 || status=$?
    done
else
    note 'fuzz targets are not run by cargo-fuzz (it needs nightly Rust); what they do ran above over seeds'
fi
exit "$status"

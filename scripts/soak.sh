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
if have cargo-nextest; then
    cargo nextest run --locked --features crash-points --profile soak "$@"
else
    cargo test --locked --no-fail-fast --features crash-points --test reliability "$@"
fi
scripts/figures.sh print

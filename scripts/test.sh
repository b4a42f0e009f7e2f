#!/usr/bin/env bash
# All that CI runs, set-up included: packages, checks, tests. Arguments go to the test runner.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build test
scripts/check.sh
scripts/servers.sh install

step 'examples in the documentation'
cargo test --locked --features crash-points --doc --quiet

# cargo-nextest gives each test a process, which tests of terminals and sound are glad of. Its own folder, since a
# test run has no business among a person's tools.
tools=${CARGO_TARGET_DIR:-target}/tools
PATH=$PATH:$PWD/$tools/bin:$tools/bin
if ! have cargo-nextest; then
    step 'cargo-nextest'
    cargo install cargo-nextest --locked --debug --root "$tools" >&2 ||
        note 'cargo-nextest cannot be had; cargo runs the tests itself'
fi

# Object stores that tests share end by themselves a little later; nothing is to be left behind by then.
trap 'scripts/servers.sh stop' EXIT

scripts/figures.sh clear
step 'tests'
status=0
if have cargo-nextest; then
    cargo nextest run --locked --features crash-points "$@" || status=$?
else
    cargo test --locked --no-fail-fast --features crash-points --lib --bins --tests "$@" || status=$?
fi

# After a failure above all: what was lost is among them.
scripts/figures.sh print
[ "$status" = 0 ] || exit "$status"

# Their readers come from pip; without them this says so and goes on.
scripts/interop.sh quick

#!/usr/bin/env bash
# What needs no test run: formatting, lints with and without the default features, documentation, shell scripts, and
# the dependency tree. The last two only where their tools are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build

# Toolchains of rustup's minimal profile come without them.
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt >&2
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy >&2

step 'formatting'
cargo fmt --check

step 'lints'
cargo clippy --locked --all-targets --features crash-points -- -D warnings

step 'lints, without sound device and Opus'
cargo clippy --locked --no-default-features -- -D warnings

step 'documentation'
RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --quiet

if have shellcheck; then
    step 'shell scripts'
    shellcheck --external-sources --source-path=SCRIPTDIR .ci/run scripts/*.sh
else
    note 'shell scripts not checked: shellcheck is not installed'
fi

if have cargo-deny; then
    step 'dependencies: licences, versions, sources'
    cargo deny --log-level error check licenses bans sources
    # Known weaknesses stand in a database on the network: out of reach it is said, and no reason to fail.
    if cargo deny --log-level error fetch db >/dev/null 2>&1; then
        step 'dependencies: known weaknesses'
        cargo deny --log-level error check --disable-fetch advisories
    else
        note 'known weaknesses of dependencies not checked: the advisory database cannot be reached'
    fi
else
    note 'dependencies not checked: cargo install cargo-deny --locked'
fi

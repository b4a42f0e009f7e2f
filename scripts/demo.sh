#!/usr/bin/env bash
# From nothing to the screen: packages, an optimised build, a dataset of speech to label.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build demo

step 'build (some minutes the first time)'
cargo build --release --locked

exec cargo run --release --locked --quiet -- demo "$@"

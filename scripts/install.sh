#!/usr/bin/env bash
# Builds and installs the program among cargo's own; without a sound library, one without local sound.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build || {
    note 'a server without sound does with: cargo install --path . --locked --no-default-features'
    exit 1
}

exec cargo install --path . --locked "$@"

#!/usr/bin/env bash
# Measures against the peers and floors of the same machine, in one run, and prints one table; the figures also go to
# target/bench.json. BENCH=full (make bench-full) has inputs ten and a hundred times as large. Words choose topics:
# scripts/bench.sh lists decode
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/packages.sh build bench
# Without them the bucket is left out.
scripts/servers.sh peers || note 'no object store: buckets are not measured'

step "speed, on $(getconf _NPROCESSORS_ONLN) cores at load$(uptime | sed 's/.*load average[s]*://')"
exec cargo bench --locked --bench speed -- "$@"

#!/usr/bin/env bash
# What it costs to find the first error in a log of 200 MB, at its start, in its middle, at its end, and where there is none.
# Goal: 500 ms. The program is tests/bench/log.rs.
#
#   ROUNDS=9 tests/bench/log.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo bench --quiet --bench log -- "${ROUNDS:-9}"

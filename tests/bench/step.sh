#!/usr/bin/env bash
# What one step that does nothing costs over `sh -c :` in the same run, as root and as an ordinary user (who is only
# measured too where root runs this). Goal: 8 ms before anything is forced to the disk. The program is tests/bench/step.rs.
#
#   ROUNDS=200 tests/bench/step.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo bench --quiet --bench step -- "${ROUNDS:-200}"

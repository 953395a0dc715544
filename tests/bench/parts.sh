#!/usr/bin/env bash
# What the parts of a step cost by themselves: reservation, journal, locks of artifacts, collecting 10,000 files. Goals: 1 ms,
# 1 ms, 1 ms, 1 s. The program is tests/bench/parts.rs.
#
#   ROUNDS=200 tests/bench/parts.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo bench --quiet --bench parts -- "${ROUNDS:-200}"

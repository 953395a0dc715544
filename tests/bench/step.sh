#!/usr/bin/env bash
# What one step that does nothing costs over `sh -c :` in the same run, as root and as an ordinary user (who is only
# measured too where root runs this): before the commit, with a layer committed, with an artifact committed durably, and restored.
# Goals: 4 ms before the commit, 15 ms with an artifact on a disk that syncs in 5 ms, 20 ms restored. OTHER is another lfsgen, which
# takes turns with this one. The program is tests/bench/step.rs.
#
#   ROUNDS=200 OTHER=/path/to/lfsgen tests/bench/step.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo bench --quiet --bench step -- "${ROUNDS:-200}" ${OTHER:+"$(realpath "$OTHER")"}

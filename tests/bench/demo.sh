#!/usr/bin/env bash
# How long the demo takes: builds all of specs/base from an empty state with the sources already there, and prints the
# table of docs/demo.md. Goal: under five minutes on two processors.
#
#   tests/bench/demo.sh [PROGRAM]      default: target/release/lfsgen
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/release/lfsgen}")
"$program" fetch >&2

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -r lfsgen.yaml specs "$dir"
mkdir "$dir/build"
cp -r build/sources "$dir/build"
cd "$dir"
export LFSGEN=$program
start=$(date +%s.%N)
"$program" build >&2
"$program" report --format json >report.json
python3 - "$start" "$(date +%s.%N)" <<'END'
import json, re, sys

start, end = map(float, sys.argv[1:])
report = json.load(open("report.json"))
columns = ["package", "version", "build system", "wall", "processor", "peak memory", "artifact"]
print("|", " | ".join(columns), "|")
print("|---|---|---|--:|--:|--:|--:|")
for package in report["packages"]:
    usage = package["usage"]
    spec = open(f"specs/base/{package['package']}.yaml").read()
    cells = [
        package["package"],
        package["version"],
        re.search(r"^  system: (\w+)", spec, re.M)[1],
        f"{usage['wall_ms'] / 1000:.1f} s",
        f"{(usage['user_ms'] + usage['system_ms']) / 1000:.1f} s",
        f"{usage['max_rss_kib'] / 1024:.0f} MiB",
        f"{package['artifact']['bytes'] / 2**20:.1f} MiB",
    ]
    print("|", " | ".join(cells), "|")
bound = report["runs"][-1]["bound"]
print(f"\nAll of it: {end - start:.0f} s. At best {bound['bound_ms'] / 1000:.0f} s")
END

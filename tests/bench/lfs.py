#!/usr/bin/env python3
"""Prints the tables of docs/lfs.md, from the last run of the toolchain's build:

    lfsgen --project specs/lfs build && tests/bench/lfs.py

Only a run that began with an empty state says what all of it takes. Times of steps are wall and processor time; an SBU is
the wall time of the first binutils (LFS, "About SBUs"), which the book takes with one job and this build with all.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHASES = ["prepare", "configure", "build", "check", "install"]
UNIT = "binutils-pass1"


def seconds(ms):
    tenths = round(ms / 100)
    return f"{tenths / 10:.1f} s" if tenths < 600 else f"{tenths // 600} min {tenths % 600 // 10:02} s"


def size(count):
    return f"{count / 2**20:.0f} MiB" if count >= 10 * 2**20 else f"{count / 2**20:.1f} MiB"


def cpu(usage):
    return usage["user_ms"] + usage["system_ms"]


def both(usage):
    return f"{usage['wall_ms'] / 1000:.1f} / {cpu(usage) / 1000:.1f}"


def row(package, unit):
    steps = {step["phase"]: step["usage"] for step in package["steps"] if step["usage"]}
    usage, artifact = package["usage"], package["artifact"]
    return [
        package["package"],
        package["version"],
        *(both(steps[phase]) if phase in steps else "" for phase in PHASES),
        f"{usage['wall_ms'] / unit:.1f}",
        f"{usage['max_rss_kib'] / 1024:.0f} MiB",
        size(artifact["bytes"]),
    ]


def stages(packages):
    """Wall time between the first step's start and the last one's end, fetching apart, and processor time, by stage."""
    found = {}
    for package in packages:
        for step in package["steps"]:
            usage = step["usage"]
            if step["phase"] == "fetch" or not usage:
                continue
            start, end, used = found.get(package["stage"], (step["started"], 0, 0))
            end = max(end, step["started"] + usage["wall_ms"])
            found[package["stage"]] = min(start, step["started"]), end, used + cpu(usage)
    return sorted((start, stage, end - start, used) for stage, (start, end, used) in found.items())


def table(headings, rows):
    print("| " + " | ".join(headings) + " |")
    print("|" + "|".join(["---"] * 2 + ["--:"] * (len(headings) - 2)) + "|")
    for cells in rows:
        print("| " + " | ".join(cells) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--project", type=Path, default=ROOT / "specs/lfs")
    asked = parser.parse_args()
    if not asked.program.is_file():
        sys.exit(f"{asked.program} is not there: build it with `cargo build --release`, or name another with --program")
    command = [asked.program, "--project", asked.project, "report", "--run", "last", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(done.stderr)
    report = json.loads(done.stdout)
    packages = [package for package in report["packages"] if package["artifact"] and package["usage"]["wall_ms"]]
    units = [package["usage"]["wall_ms"] for package in packages if package["package"] == UNIT]
    if not units:
        sys.exit(f"{UNIT} was not built in the last run")
    table(["package", "version", *PHASES, "SBU", "memory", "artifact"], [row(package, units[0]) for package in packages])
    run = report["runs"][-1]["bound"]
    rows = [
        [stage, f"{sum(package['stage'] == stage for package in packages)}", seconds(wall), seconds(used)]
        for _, stage, wall, used in stages(packages)
    ]
    table(["stage", "packages", "wall", "processors"], rows)
    path = " → ".join(dict.fromkeys(step.split(":")[0] for step in run["critical_path"]))
    print(f"Makespan {seconds(run['makespan_ms'])}; processors {seconds(run['cpu_ms'])} on {run['cpus']}, ", end="")
    print(f"bound {seconds(run['bound_ms'])}: {run['makespan_ms'] / run['bound_ms']:.2f} times the bound.")
    print(f"Critical path, {seconds(run['critical_path_ms'])}: {path}.")


if __name__ == "__main__":
    main()

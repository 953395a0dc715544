#!/usr/bin/env python3
"""What it saves to build packages beside each other: twelve of specs/base as `lfsgen build` does it, over the same scripts
one after the other with all jobs each (`lfsgen build --ordered`).

    tests/bench/ordered.py [--program FILE] [--rounds N] [--project DIR] [--before TARGET] [TARGET ...]

Sources are fetched, and what `--before` names is built, before the clock starts. For the temporary tools of LFS, which
takes hours: `--project specs/lfs --before cross temporary`.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGETS = "acl attr bzip2 expat file gmp lz4 mpfr ncurses xz zlib zstd".split()


def run(arguments, folder):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{arguments} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def build(program, project, targets, ordered):
    """The bound of a build of a copy of this project, as its report has it: times in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="lfsgen-ordered-", dir=project.parent) as folder:
        copy = Path(folder) / "project"
        run(["cp", "-a", project, copy], ROOT)
        run([program, "--quiet", "build", *(["--ordered"] if ordered else []), *targets], copy)
        bound = json.loads(run([program, "report", "--format", "json"], copy))["runs"][-1]["bound"]
        # Overlays leave directories without any right.
        run(["chmod", "-R", "u+rwX", copy], ROOT)
        return bound


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--project", type=Path, default=ROOT)
    parser.add_argument("--before", metavar="TARGET", help="what is built first and not measured")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    asked = parser.parse_args()
    program = asked.program.resolve()
    targets = asked.targets or (TARGETS if asked.project == ROOT else [])
    with tempfile.TemporaryDirectory(prefix="lfsgen-ordered-") as folder:
        project = Path(folder) / "project"
        skipped = shutil.ignore_patterns("build", "target", ".git")
        shutil.copytree(asked.project, project, ignore=skipped, symlinks=True)
        run([program, "--quiet", "fetch", *targets], project)
        if asked.before:
            run([program, "--quiet", "build", asked.before], project)
        ratios = []
        for turn in range(asked.rounds):
            bounds = {}
            # In turn, so that what the machine does besides meets both.
            for ordered in (True, False) if turn % 2 else (False, True):
                bounds[ordered] = build(program, project, targets, ordered)
            for ordered, name in ((False, "beside each other"), (True, "one after the other")):
                bound = bounds[ordered]
                wall, cpu = bound["makespan_ms"], bound["cpu_ms"]
                busy = f"processors {cpu / 1000:6.1f} s, {cpu / (wall * bound['cpus']):.0%} of {bound['cpus']}"
                path = f"critical path {bound['critical_path_ms'] / 1000:6.1f} s"
                print(f"{name:>19}: {wall / 1000:6.1f} s ({busy}; {path})", flush=True)
            ratios.append(bounds[True]["makespan_ms"] / bounds[False]["makespan_ms"])
        print(f"{bounds[True]['steps']} steps; one after the other takes {statistics.median(ratios):.2f} times as long")


if __name__ == "__main__":
    main()

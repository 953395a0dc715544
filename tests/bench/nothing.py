#!/usr/bin/env python3
"""How long `lfsgen build` takes to find that nothing is to do in a project of 1,000 packages, over what plain ninja takes.

Goal: less than 150 ms more. The project is really built first, so that stamps, artifacts, ninja's log and the journal are
what a build leaves. Leaves with status 1 where the goal is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def lay_out(root, count):
    (root / "specs").mkdir()
    (root / "lfsgen.yaml").write_text("project: bench\nspecs: [specs]\nsandbox: required\n")
    for number in range(count):
        needs = sorted({number - 1, number - 8, number - 29} & set(range(number)))
        depends = ", ".join(f"package-{need:04}" for need in needs if number % 10)
        (root / f"specs/package-{number:04}.yaml").write_text(
            f"package: package-{number:04}\nversion: '1.{number}'\nsummary: Package {number}\n"
            f"depends: {{ build: [ {depends} ] }}\nbuild: {{ system: custom }}\nphases:\n"
            f"  build: echo {number} > text\n  install: install -D -m644 text /usr/share/package-{number:04}/text\n"
        )


def timed(command, root, environment):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    took = (time.perf_counter() - start) * 1000
    if done.returncode != 0:
        sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return took, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="target/release/lfsgen")
    parser.add_argument("--packages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=21)
    asked = parser.parse_args()
    program = str(Path(asked.program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lay_out(root, asked.packages)
        environment = {"PATH": os.environ["PATH"], "LFSGEN": program}
        took, _ = timed([program, "build"], root, environment)
        events = (root / "build/journal.jsonl").read_bytes().count(b"\n")
        print(f"{asked.packages} packages built in {took / 1000:.0f} s, {events} events in the journal")
        ninja, build = [], []
        for turn in range(asked.rounds + 1):
            plain, said = timed(["ninja", "-f", "generated/build.ninja"], root, environment)
            assert "no work to do" in said, said
            took, said = timed([program, "build"], root, environment)
            assert said.startswith("nothing to do"), said
            if turn > 0:
                ninja.append(plain)
                build.append(took)
    over = statistics.median(build) - statistics.median(ninja)
    for name, times in (("ninja", ninja), ("lfsgen build", build)):
        print(f"{name}: median {statistics.median(times):.0f}, least {min(times):.0f}, most {max(times):.0f} ms")
    print(f"{over:.0f} ms over ninja by the medians, {min(build) - min(ninja):.0f} ms by the least (goal 150 ms)")
    sys.exit(over >= 150)


main()

#!/usr/bin/env python3
"""Samples how many jobs run at once while several packages build, with make and ninja inside them.

Never may more run than the budget has slots, and none may lie idle for long while work is ready. Each package has one job
in its first phase and many in its second; a job is a busy loop that `/proc` shows by its name. Prints a line for each way
to build; leaves with status 1 where more jobs ran than there are slots, or too many slots lay idle.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOB = "./busy-job"
BUSY = "i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); done"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="target/release/lfsgen")
    parser.add_argument("--slots", type=int, default=os.cpu_count())
    parser.add_argument("--packages", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=10, help="jobs of the second phase")
    parser.add_argument("--rounds", type=int, default=300_000, help="how long a job is busy")
    parser.add_argument("--idle", type=float, default=15.0, help="how many per cent of the slots may lie idle")
    parser.add_argument("--make", help="a make for the roots, instead of the machine's")
    parser.add_argument("--ninja", help="a ninja for the roots, instead of the machine's")
    parser.add_argument("--ways", default="ninja,build", help="how it is built, one after the other")
    return parser.parse_args()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def project(root, asked):
    write(
        root / "lfsgen.yaml",
        f"project: budget\nspecs: [specs]\nsandbox: required\nresources: {{ jobs: {asked.slots} }}\n",
    )
    tools = [(name, path) for name, path in (("make", asked.make), ("ninja", asked.ninja)) if path]
    if tools:
        sources = "".join(
            f"  - {{ url: 'file:{Path(path).resolve()}', sha256: {hashlib.sha256(Path(path).read_bytes()).hexdigest()} }}\n"
            for _, path in tools
        )
        installs = "".join(
            f'    install -D -m755 "$sources"/{Path(path).name} /usr/bin/{name}\n' for name, path in tools
        )
        write(
            root / "specs/tools.yaml",
            f"package: tools\nversion: '1'\nsources:\n{sources}build: {{ system: custom }}\n"
            f"phases:\n  install: |\n{installs}",
        )
    depends = "depends: { build: [tools] }\n" if tools else ""
    names = " ".join(f"job-{number}" for number in range(asked.jobs))
    for number in range(asked.packages):
        if number % 2 == 0:
            setup = f"printf 'all: {names}\\n{names}:\\n\\tsh {JOB} $@\\n' > Makefile".replace("$@", "x")
            build = "make"
        else:
            edges = "".join(f"build {name}: busy\\n" for name in names.split())
            setup = f"printf 'rule busy\\n  command = sh {JOB} x\\n{edges}' > build.ninja"
            build = "ninja"
        busy = BUSY.format(rounds=asked.rounds)
        write(
            root / f"specs/part-{number}.yaml",
            f"package: part-{number}\nversion: '1'\n{depends}build: {{ system: custom }}\nphases:\n"
            f"  configure: |\n    echo '{busy}' > {JOB}\n    {setup}\n    sh {JOB} x\n  build: {build}\n",
        )


def busy_jobs():
    """How many busy loops there are on this machine."""
    count = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            count += words[:2] == [b"sh", JOB.encode()]
    return count


def sample(command, root, environment):
    """Runs a command, and counts jobs until it ends: the counts with their times."""
    log = open(root / "output", "w+")
    child = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    samples = []
    while child.poll() is None:
        samples.append((time.monotonic(), busy_jobs()))
        time.sleep(0.005)
    if child.returncode != 0:
        log.seek(0)
        sys.exit(f"{command} failed:\n{log.read()}")
    return samples


def main():
    asked = arguments()
    program = Path(asked.program).resolve()
    fine = True
    for way in asked.ways.split(","):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            project(root, asked)
            environment = {"PATH": os.environ["PATH"], "LFSGEN": str(program)}
            subprocess.run([program, "--quiet", "generate"], cwd=root, env=environment, check=True)
            targets = [f"part-{number}" for number in range(asked.packages)]
            if asked.make or asked.ninja:
                subprocess.run([program, "--quiet", "build", "tools"], cwd=root, env=environment, check=True)
            if way == "ninja":
                command = ["ninja", "-f", "generated/build.ninja", "-j", "50", *targets]
            else:
                command = [program, "--quiet", "build", *targets]
            samples = sample(command, root, environment)
        at_work = [at for at, (_, count) in enumerate(samples) if count]
        # The last job of all has nobody beside it: what counts is the time while something waits.
        whole = samples[at_work[0] : at_work[-1] + 1]
        most = max(count for _, count in whole)
        weights = [later - now for (now, _), (later, _) in zip(whole, whole[1:])]
        used = sum(weight * min(count, asked.slots) for weight, (_, count) in zip(weights, whole))
        seconds = sum(weights)
        idle = 100 * (1 - used / (seconds * asked.slots))
        print(
            f"{way:>6}: {asked.packages} packages, {asked.slots} slots: at most {most} jobs at once, "
            f"{idle:.1f} % idle in {seconds:.1f} s, {len(samples)} samples"
        )
        fine &= most <= asked.slots and idle <= asked.idle
    sys.exit(0 if fine else 1)


main()

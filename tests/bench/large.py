#!/usr/bin/env python3
"""What large steps cost: a log of 200 MB, and a root of 300 artifacts.

Goals: the log passes at 200 MB/s or more; the large root is there in less than 20 ms more than one of a single artifact with
the same files; and a compile in it takes at most 5 % longer. Leaves with status 1 where one is missed.
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VERSION = 2
SIZE = 200_000_000
HEADERS = 40
COMPILES = 12


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def step(root, name, layers, text):
    """Writes the plan and the script of a package of one phase."""
    script = f"#!/bin/bash\nset -eu\n{text}\n"
    for folder in ("plan", "scripts"):
        (root / "generated" / folder).mkdir(parents=True, exist_ok=True)
    (root / f"generated/scripts/{name}.sh").write_text(script)
    phase = {"phase": "install", "key": digest(f"{name} install"), "own": digest(f"{name} own")}
    plan = {
        "lfsgen": VERSION, "package": name, "version": "1", "key": digest(name),
        "stage": {"name": "host", "root": "host", "mount": "/", "env": {}, "user": "root", "network": False,
                  "sandbox": "required"},
        "script": f"scripts/{name}.sh", "script_sha256": digest(script), "sources": [], "files": [],
        "steps": [phase], "layers": [{"package": layer, "key": digest(layer)} for layer in layers],
        "check_layers": [], "expect": [], "expected_failures": [],
        "limits": {"jobs": 1, "memory": None, "disk": None, "timeout": None, "project_jobs": "max",
                   "project_memory": None, "own_jobs": {}},
        "key_parts": {},
    }
    (root / f"generated/plan/{name}.json").write_text(json.dumps(plan))


def artifact(root, name, numbers):
    """An artifact with some files of each number: a header, a program, a page, as a library has."""
    tree = root / "build/artifacts" / digest(name) / "tree/usr"
    for number in numbers:
        files = {
            f"include/part{number}/part.h": f"int part_{number}(int);\n",
            f"lib/libpart{number}.so.1": "no library\n",
            f"bin/part{number}": "#!/bin/sh\n",
            f"share/doc/part{number}/README": "text\n",
        }
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
    (tree.parent.parent / "manifest.json").write_text("{}")


def run(program, root, name):
    """Runs the step anew; gives its time in milliseconds."""
    shutil.rmtree(root / "build/artifacts" / digest(name), ignore_errors=True)
    shutil.rmtree(root / "build/tmp/trash", ignore_errors=True)
    start = time.perf_counter()
    done = subprocess.run([program, "run-step", name, "install"], cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return (time.perf_counter() - start) * 1000


def log(root, name):
    return root / f"build/logs/{name}/install.log"


def told(values, unit):
    return f"median {statistics.median(values):.1f}, least {min(values):.1f}, most {max(values):.1f} {unit}"


def log_speed(program, root, rounds):
    text = "x" * 79
    step(root, "speaker", [], f"yes {text} | head -c {SIZE}")
    step(root, "silent", [], f"yes {text} | head -c {SIZE} >/lfsgen/work/log")
    passed, alone = [], []
    for _ in range(rounds):
        shutil.rmtree(root / "build/logs", ignore_errors=True)
        passed.append(SIZE / 1000 / run(program, root, "speaker"))
        assert log(root, "speaker").stat().st_size == SIZE
        alone.append(SIZE / 1000 / run(program, root, "silent"))
    print(f"a log of 200 MB: {told(passed, 'MB/s')}; the same into a file in the root: {told(alone, 'MB/s')}")
    return max(passed) >= 200


def layers(program, root, rounds, count):
    names = [f"part-{number}" for number in range(count)]
    for number, name in enumerate(names):
        artifact(root, name, [number])
    artifact(root, "flat", range(count))
    spread = [number * count // HEADERS for number in range(HEADERS)]
    source = "".join(f"#include <part{number}/part.h>\n" for number in spread)
    source += "".join(f"#include <{name}.h>\n" for name in ("stdio", "stdlib", "string", "sys/stat", "pthread", "math"))
    source += "int main(void) { return 0; }\n"
    compiles = f"""cd /lfsgen/work
cat > a.c <<'END'
{source}END
for i in $(seq {COMPILES}); do
    start=$EPOCHREALTIME
    gcc -O1 -c a.c
    end=$EPOCHREALTIME
    echo $(( ${{end/[.,]/}} - ${{start/[.,]/}} ))
done"""
    kinds = {"deep": names, "flat": ["flat"]}
    for kind, below in kinds.items():
        step(root, f"{kind}-nothing", below, ":")
        step(root, f"{kind}-compile", below, compiles)
    mounted = {kind: [] for kind in kinds}
    first = {kind: [] for kind in kinds}
    later = {kind: [] for kind in kinds}
    for turn in range(rounds + 1):
        for kind in kinds:
            took = run(program, root, f"{kind}-nothing")
            run(program, root, f"{kind}-compile")
            times = [int(line) / 1000 for line in log(root, f"{kind}-compile").read_text().split()]
            # The first round makes what is made once.
            if turn > 0:
                mounted[kind].append(took)
                first[kind].append(times[0])
                later[kind].extend(times[1:])
    more = statistics.median(mounted["deep"]) - statistics.median(mounted["flat"])
    print(f"a step that does nothing over {count} artifacts: {told(mounted['deep'], 'ms')}; over one with the same files: "
          f"{told(mounted['flat'], 'ms')}; {more:.1f} ms more")
    fine = more < 20
    for what, times in (("the first compile", first), ("the next ones", later)):
        middle = {kind: statistics.median(times[kind]) for kind in kinds}
        least = {kind: min(times[kind]) for kind in kinds}
        print(f"{what} in it: {told(times['deep'], 'ms')}; in the other: {told(times['flat'], 'ms')}; "
              f"{100 * (middle['deep'] / middle['flat'] - 1):.1f} % slower by the medians, "
              f"{100 * (least['deep'] / least['flat'] - 1):.1f} % by the least")
    together = {kind: statistics.median(first[kind]) + (COMPILES - 1) * statistics.median(later[kind]) for kind in kinds}
    slower = 100 * (together["deep"] / together["flat"] - 1)
    print(f"{COMPILES} compiles: {slower:.1f} % slower over {count} artifacts")
    return fine and slower <= 5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="target/release/lfsgen")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--layers", type=int, default=300)
    asked = parser.parse_args()
    program = Path(asked.program).resolve()
    os.environ.clear()
    os.environ["PATH"] = "/usr/bin:/bin"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fine = log_speed(program, root, asked.rounds)
        fine &= layers(program, root, asked.rounds, asked.layers)
    sys.exit(0 if fine else 1)


main()

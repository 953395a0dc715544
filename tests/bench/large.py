#!/usr/bin/env python3
"""What large steps cost: a log of 200 MB, and a root of 300 artifacts.

Goals: the log passes at 200 MB/s or more; the large root is there in less than 20 ms more than one of a single artifact with
the same files; and a compile in it takes at most 5 % longer. Leaves with status 1 where one is missed.

Where other work goes on, the least time and the processor time say more than the median of what passed.
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

VERSION = 4
SIZE = 200_000_000
HEADERS = 40
COMPILES = 12
WHAT = ("a step that does nothing", "its first compile", "each further one")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def step(root, name, layers, text):
    """Writes the plan and the script of a package of one phase."""
    script = f"#!/bin/bash\nset -eu\n{text}\n"
    for folder in ("plan/stages", "scripts"):
        (root / "generated" / folder).mkdir(parents=True, exist_ok=True)
    (root / f"generated/scripts/{name}.sh").write_text(script)
    stage = json.dumps({
        "lfsgen": VERSION, "name": "host", "root": "host", "mount": "/", "user": "root", "network": False,
        "sandbox": "required", "base": [],
    })
    (root / "generated/plan/stages/host.json").write_text(stage)
    phase = {"phase": "install", "key": digest(f"{name} install"), "own": digest(f"{name} own")}
    plan = {
        "lfsgen": VERSION, "package": name, "spec": f"specs/{name}.yaml", "version": "1", "key": digest(name),
        "stage": {"name": "host", "sha256": digest(stage)}, "env": {},
        "script": f"scripts/{name}.sh", "script_sha256": digest(script), "sources": [], "files": [],
        "steps": [phase], "upper_layers": [{"package": layer, "key": digest(layer)} for layer in layers],
        "over_base": True, "check_layers": [], "expect": [], "expected_failures": [],
        "limits": {"jobs": 1, "memory": None, "disk": None, "timeout": None, "project_jobs": "max",
                   "project_memory": None, "own_jobs": {}},
        "own_parts": {},
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
    """Runs the step anew; gives the milliseconds that passed, and those of the processors."""
    shutil.rmtree(root / "build/artifacts" / digest(name), ignore_errors=True)
    shutil.rmtree(root / "build/tmp/trash", ignore_errors=True)
    start = time.perf_counter()
    with open(root / "output", "w+") as output:
        child = subprocess.Popen([program, "run-step", name, "install"], cwd=root, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        took = (time.perf_counter() - start) * 1000
        output.seek(0)
        if status != 0:
            sys.exit(output.read())
    return took, (usage.ru_utime + usage.ru_stime) * 1000


def log(root, name):
    return root / f"build/logs/{name}/install.log"


def told(values, unit):
    return f"median {statistics.median(values):.1f}, least {min(values):.1f}, most {max(values):.1f} {unit}"


def log_speed(program, root, rounds):
    text = "x" * 79
    step(root, "speaker", [], f"yes {text} | head -c {SIZE}")
    step(root, "silent", [], f"yes {text} | head -c {SIZE} >/lfsgen/work/log")
    runs = {"speaker": [], "silent": []}
    for _ in range(rounds):
        shutil.rmtree(root / "build/logs", ignore_errors=True)
        for name, times in runs.items():
            times.append(run(program, root, name))
        assert log(root, "speaker").stat().st_size == SIZE
    speeds = {name: [SIZE / 1000 / wall for wall, _ in times] for name, times in runs.items()}
    cpu = {name: [cpu for _, cpu in times] for name, times in runs.items()}
    print(f"a log of 200 MB passes: {told(speeds['speaker'], 'MB/s')}; processors: {told(cpu['speaker'], 'ms')}")
    print(f"the same into a file in the root: {told(speeds['silent'], 'MB/s')}; processors: {told(cpu['silent'], 'ms')}")
    return max(speeds["speaker"]) >= 200


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
TIMEFORMAT='%R %U %S'
cat > a.c <<'END'
{source}END
for i in $(seq {COMPILES}); do
    time gcc -O1 -c a.c
done"""
    kinds = {"deep": names, "flat": ["flat"]}
    for kind, below in kinds.items():
        step(root, f"{kind}-nothing", below, ":")
        step(root, f"{kind}-compile", below, compiles)
    nothing = {kind: [] for kind in kinds}
    first = {kind: [] for kind in kinds}
    later = {kind: [] for kind in kinds}
    for turn in range(rounds + 1):
        for kind in kinds:
            took = run(program, root, f"{kind}-nothing")
            run(program, root, f"{kind}-compile")
            lines = log(root, f"{kind}-compile").read_text().splitlines()
            times = [[float(number) * 1000 for number in line.split()] for line in lines]
            times = [(wall, user + system) for wall, user, system in times]
            # The first round makes what is made once.
            if turn > 0:
                nothing[kind].append(took)
                first[kind].append(times[0])
                later[kind].extend(times[1:])
    results = {}
    for what, runs in zip(WHAT, (nothing, first, later)):
        for at, how in ((0, "passed"), (1, "processors")):
            deep, flat = ([run[at] for run in runs[kind]] for kind in kinds)
            results[what, how] = (min(deep), min(flat))
            print(f"{what}, {how}: over {count} artifacts {told(deep, 'ms')}; over one with the same files {told(flat, 'ms')}")
    def verdict(at):
        (deep, flat), first, further = (results[what, at] for what in WHAT)
        compiles = [one + (COMPILES - 1) * each for one, each in zip(first, further)]
        return deep - flat, 100 * (compiles[0] / compiles[1] - 1)

    for how in ("passed", "processors"):
        later, slower = verdict(how)
        print(f"by the least times, {how}: the root is there {later:.1f} ms later, and {COMPILES} compiles in it take "
              f"{slower:.1f} % longer")
    later, slower = verdict("passed")
    return later < 20 and slower <= 5


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

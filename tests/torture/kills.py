#!/usr/bin/env python3
"""Kills builds with SIGKILL at random instants, resumes each, and compares what comes out.

    tests/torture/kills.py [--kills N] [--seed S] [--project DIR] [--pause SECONDS] [--grace SECONDS]
                           [--patience SECONDS] [--program FILE] [--against DIR [--take PACKAGE]...] [--without-isolation]
                           [TARGET ...]

A build of the project goes undisturbed once, if its state is not there yet (`--against`); the others may take some of its
packages as they are (`--take`), where it is not these that are asked about. Then builds are killed: `lfsgen
build`, ninja, the runner of a step, its script, or everything at once; and started again. After each kill no process, no mount and no change of the
host may be left, and each build that comes to its end must have made the same manifests, byte for byte, and the files
that they list. Then the state goes, but for the sources, until there were N kills. `--without-isolation` has them built where
the kernel refuses namespaces, by an ordinary user; that is for tests/torture/destdir.

Needs Linux and what `lfsgen build` needs; no root. Exit status: 0 all the same, 1 something differed or was left.
"""

import argparse
import random
import subprocess
import tempfile
import time
from pathlib import Path

from common import ROOT, Project, adopt_orphans, below, compare, fail, kill, mounts, processes, until_gone, words

# Small packages of specs/base with three build systems; they depend on each other.
TARGETS = "zlib bzip2 lz4 file attr acl expat flit-core markupsafe jinja2".split()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=ROOT)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--pause", type=float, default=6.0, help="mean time to a kill, in seconds")
    parser.add_argument("--grace", type=float, default=2.0, help="how long processes may take to go, in seconds")
    parser.add_argument("--patience", type=float, default=600.0, help="how long the other steps may take to end after one was killed, in seconds")
    parser.add_argument("--against", type=Path, help="the state folder of an undisturbed build of the same plan")
    parser.add_argument("--take", action="append", default=[], metavar="PACKAGE", help="a package not to build, but to take from there")
    parser.add_argument("--without-isolation", action="store_true", help="build on the machine itself, as `sandbox: preferred` allows")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    given = parser.parse_args()
    if given.take and not given.against:
        parser.error("--take needs --against, the state folder to take it from")
    return given


def victims(build, chance):
    """What to kill, and what to call it."""
    parents = processes()
    all_of_them = [build.pid, *below(build.pid)]
    runners = [pid for pid in all_of_them if b"run-step" in words(pid)]
    # Not one that is at work in a step.
    ninjas = [pid for pid, parent in parents.items() if parent == build.pid and b"".join(words(pid)[:1]).endswith(b"ninja")]
    # What a step's first process started: the script. Whether one of the script's own children is missed is up to the package;
    # a `configure` takes a compiler that was killed for one that cannot do what it was asked for.
    firsts = [pid for pid in runners if parents.get(pid) in runners]
    scripts = [pid for pid in all_of_them if parents.get(pid) in firsts and pid not in runners]
    kinds = {"build": [build.pid], "all": all_of_them}
    if runners:
        kinds["runner"] = runners
    if scripts:
        kinds["script"] = scripts
    if ninjas:
        kinds["ninja"] = ninjas
    kind = chance.choice(sorted(kinds))
    return kind, all_of_them if kind == "all" else [chance.choice(kinds[kind])]


def disturb(project, chance, pause, grace, patience):
    """Runs a build and kills it at some instant. Times in seconds. What was killed; nothing where it was over before that."""
    build = project.start()
    end = time.monotonic() + chance.expovariate(1 / pause)
    while time.monotonic() < end:
        if build.poll() is not None:
            return build.returncode, None
        time.sleep(0.01)
    kind, pids = victims(build, chance)
    kill(pids)
    if kind in ("runner", "script"):
        # A failed step ends the build by itself, once the others that run are done.
        try:
            build.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            fail(f"a build goes on for {patience:.0f} s after a step of it was killed")
    until_gone(build, grace)
    return build.returncode, kind


def undisturbed(project):
    """The manifests of a build that nothing happens to. Its state goes again."""
    start = time.monotonic()
    if project.start().wait() != 0:
        fail("the undisturbed build failed:\n" + (project.dir / "said").read_text(errors="replace"))
    wanted = project.manifests(project.state)
    print(f"undisturbed: {len(wanted)} packages in {time.monotonic() - start:.0f} s", flush=True)
    project.forget()
    return wanted


def main():
    given = arguments()
    chance = random.Random(given.seed)
    adopt_orphans()
    program = given.program.resolve()
    targets = given.targets or (TARGETS if given.project == ROOT else [])
    with tempfile.TemporaryDirectory(prefix="lfsgen-kills-", ignore_cleanup_errors=True) as folder:
        project = Project(given.project.resolve(), targets, program, Path(folder), not given.without_isolation)
        wanted = project.manifests(given.against) if given.against else undisturbed(project)
        if not wanted:
            fail("nothing of the plan is built there")
        if absent := sorted({*given.take} - {*wanted}):
            fail(f"nothing to take is built there of {', '.join(absent)}")
        project.take(given.against, given.take)
        before, killed, ended, kinds = mounts(), 0, 0, {}
        while killed < given.kills:
            status, kind = disturb(project, chance, given.pause, given.grace, given.patience)
            if mounts() != before:
                fail("a mount is left on the host")
            if kind is None and status != 0:
                fail("an undisturbed start failed:\n" + (project.dir / "said").read_text(errors="replace"))
            if kind is not None:
                killed += 1
                kinds[kind] = kinds.get(kind, 0) + 1
                print(f"kill {killed}: {kind}, which cut off {', '.join(project.cut_off()) or 'nothing'}", flush=True)
                continue
            compare(wanted, project.manifests(project.state))
            ended += 1
            print(f"{killed} kills: the same {len(wanted)} manifests", flush=True)
            project.forget()
            project.take(given.against, given.take)
        if project.start().wait() != 0:
            fail("the last build failed:\n" + (project.dir / "said").read_text(errors="replace"))
        compare(wanted, project.manifests(project.state))
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"{killed} kills ({counted}), {ended + 1} builds to the end, all with the same manifests; seed {given.seed}")
        subprocess.run(["chmod", "-R", "u+rwX", folder], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

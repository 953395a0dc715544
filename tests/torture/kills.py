#!/usr/bin/env python3
"""Kills builds with SIGKILL at random instants, resumes each, and compares what comes out.

    tests/torture/kills.py [--kills N] [--seed S] [--project DIR] [--pause SECONDS] [--grace SECONDS]
                           [--program FILE] [TARGET ...]

A build of the project goes undisturbed once. Then builds are killed: the runner of a step, ninja, `lfsgen build`, any
process below them, or all of them at once; and started again. After each kill no process, no mount and no change of the
host may be left, and each build that comes to its end must have made the same manifests, byte for byte, and the files
that they list. Then the state goes, but for the sources, until there were N kills.

Needs Linux and what `lfsgen build` needs; no root. Exit status: 0 all the same, 1 something differed or was left.
"""

import argparse
import ctypes
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Small packages of specs/base with three build systems; they depend on each other.
TARGETS = "zlib bzip2 lz4 file attr acl expat flit-core markupsafe jinja2".split()
PR_SET_CHILD_SUBREAPER = 36


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=ROOT)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--pause", type=float, default=6.0, help="mean time to a kill, in seconds")
    parser.add_argument("--grace", type=float, default=2.0, help="how long processes may take to go, in seconds")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    return parser.parse_args()


def fail(text):
    print(f"FAILED: {text}", flush=True)
    sys.exit(1)


# Processes.


def processes():
    """Parent of every process, by its number."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            # The name stands in brackets and may hold anything (proc_pid_stat(5)).
            state, parent = text.rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(entry)] = int(parent)
    return parents


def below(ancestor):
    """Every process below one, the nearest first."""
    parents = processes()
    found, rest = [], [ancestor]
    while rest:
        rest = [pid for pid, parent in parents.items() if parent in rest]
        found += rest
    return found


def reap():
    """Takes orphans, which come to this process, off the list."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def words(pid):
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def victims(build, chance):
    """What to kill, and what to call it."""
    all_of_them = [build.pid, *below(build.pid)]
    runners = [pid for pid in all_of_them if b"run-step" in words(pid)]
    ninjas = [pid for pid in all_of_them if any(word.endswith(b"ninja") for word in words(pid)[:1])]
    kinds = {"build": [build.pid], "any": all_of_them, "all": all_of_them}
    if runners:
        kinds["runner"] = runners
    if ninjas:
        kinds["ninja"] = ninjas
    kind = chance.choice(sorted(kinds))
    return kind, all_of_them if kind == "all" else [chance.choice(kinds[kind])]


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


# What a build leaves.


def mounts():
    return Path("/proc/self/mountinfo").read_text()


class Project:
    def __init__(self, original, targets, program, folder):
        self.dir, self.targets, self.program = folder / "project", targets, program
        shutil.copytree(original, self.dir, ignore=shutil.ignore_patterns("build", "target", ".git"), symlinks=True)
        self.state = self.dir / "build"

    def start(self):
        # A session of its own, as of somebody who typed the command elsewhere.
        return subprocess.Popen(
            [self.program, "--quiet", "build", *self.targets],
            cwd=self.dir,
            stdout=subprocess.DEVNULL,
            stderr=open(self.dir / "said", "wb"),
            start_new_session=True,
        )

    def forget(self):
        """Removes the state, but for the sources."""
        for path in self.state.iterdir():
            if path.name not in ("sources", "providers"):
                # Directories without any right are left in an overlay's work directory.
                subprocess.run(["chmod", "-R", "u+rwX", path], stderr=subprocess.DEVNULL)
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def manifests(self):
        """The manifest of each package that is built, whose files are what it says."""
        found = {}
        for plan in sorted((self.dir / "generated/plan").glob("*.json")):
            plan = json.loads(plan.read_text())
            artifact = self.state / "artifacts" / plan["key"]
            if artifact.exists():
                manifest = (artifact / "manifest.json").read_bytes()
                verify(artifact / "tree", json.loads(manifest), plan["package"])
                found[plan["package"]] = manifest
        return found


def verify(tree, manifest, package):
    for entry in manifest["entries"]:
        path = tree / entry["path"]
        if entry["type"] == "file":
            if not stat.S_ISREG(path.lstat().st_mode):
                fail(f"{package}: {entry['path']} is no file")
            # What even its owner may not read is left to root's run of this.
            if os.access(path, os.R_OK) and hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
                fail(f"{package}: {entry['path']} is not what its manifest says")
        elif entry["type"] == "symlink" and os.readlink(path) != entry["target"]:
            fail(f"{package}: {entry['path']} points elsewhere than its manifest says")


def compare(wanted, found):
    for package in sorted({*wanted, *found}):
        if wanted.get(package) != found.get(package):
            fail(f"the manifest of {package} differs from that of the undisturbed build")


# The loop.


def until_gone(build, grace):
    """Waits until nothing of a build is left, so many seconds at most."""
    end = time.monotonic() + grace
    while True:
        # One whose first thread has ended is a zombie to /proc, and holds its locks until its other threads have too; only
        # then can it be waited for.
        ended = build.poll() is not None
        reap()
        left = below(os.getpid()) or ([] if ended else [build.pid])
        if not left:
            return
        if time.monotonic() > end:
            listed = [b" ".join(words(pid)).decode(errors="replace") for pid in left]
            kill(left)
            fail(f"{len(left)} processes were left {grace:.0f} s after a kill: {listed}")
        time.sleep(0.02)


def disturb(project, chance, pause, grace):
    """Runs a build and kills it at some instant. What was killed; nothing where it was over before that."""
    build = project.start()
    end = time.monotonic() + chance.expovariate(1 / pause)
    while time.monotonic() < end:
        if build.poll() is not None:
            return build.returncode, None
        time.sleep(0.01)
    kind, pids = victims(build, chance)
    kill(pids)
    if kind in ("any", "runner"):
        # A failed step ends the build by itself, once the others that run are done.
        try:
            build.wait(timeout=600)
        except subprocess.TimeoutExpired:
            fail("a build goes on for ten minutes after a step of it was killed")
    until_gone(build, grace)
    return build.returncode, kind


def main():
    given = arguments()
    chance = random.Random(given.seed)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        fail("this needs Linux")
    program = given.program.resolve()
    targets = given.targets or (TARGETS if given.project == ROOT else [])
    with tempfile.TemporaryDirectory(prefix="lfsgen-kills-", ignore_cleanup_errors=True) as folder:
        project = Project(given.project.resolve(), targets, program, Path(folder))
        start = time.monotonic()
        if project.start().wait() != 0:
            fail("the undisturbed build failed:\n" + (project.dir / "said").read_text(errors="replace"))
        wanted = project.manifests()
        print(f"undisturbed: {len(wanted)} packages in {time.monotonic() - start:.0f} s", flush=True)
        before, killed, ended, kinds = mounts(), 0, 0, {}
        project.forget()
        while killed < given.kills:
            status, kind = disturb(project, chance, given.pause, given.grace)
            if mounts() != before:
                fail("a mount is left on the host")
            if kind is None and status != 0:
                fail("an undisturbed start failed:\n" + (project.dir / "said").read_text(errors="replace"))
            if kind is not None:
                killed += 1
                kinds[kind] = kinds.get(kind, 0) + 1
                continue
            compare(wanted, project.manifests())
            ended += 1
            print(f"{killed} kills: the same {len(wanted)} manifests", flush=True)
            project.forget()
        if project.start().wait() != 0:
            fail("the last build failed:\n" + (project.dir / "said").read_text(errors="replace"))
        compare(wanted, project.manifests())
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"{killed} kills ({counted}), {ended + 1} builds to the end, all with the same manifests; seed {given.seed}")
        subprocess.run(["chmod", "-R", "u+rwX", folder], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Fills the disk under builds at random instants, resumes each, and compares what comes out.

    tests/torture/full_disk.py [--fills N] [--seed S] [--project DIR] [--pause SECONDS] [--grace SECONDS]
                               [--size MIB] [--on tmpfs|ext4] [--program FILE] [--without-isolation] [TARGET ...]

The state directory is a small file system of its own. A build of the project goes undisturbed once. Then a file beside its
state grows at some instant until nothing, or next to nothing, is free; it stays until the build has given up, or goes after a
while, half a second at least: one that goes sooner may not be seen by who looks whether a step could have noticed. A build that fails has to say that the disk was full, and no process, no mount and no half artifact may be left. Once
there is room it is started again, and each build that comes to its end must have made the same manifests, byte for byte, and
the files that they list. Then the state goes, but for the sources, until there were N fills. `--without-isolation` has them
built where the kernel refuses namespaces, by an ordinary user; that is for tests/torture/destdir.

Needs Linux 6.6 and what `lfsgen build` needs; as an ordinary user, a user namespace; for ext4, root and a loop device. Exit
status: 0 all the same, 1 something differed, was left, or was not told.
"""

import argparse
import ctypes
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from common import ROOT, Project, adopt_orphans, compare, fail, give_to_somebody, mounts, until_gone

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
# What a person can tell a full disk by: the system's own words, and ours where a step must leave some room.
WORDS = [b"No space left on device", b"a file system is full", b"the disk is full", b"free on the disk of the state directory"]
# A build that goes on for so long without any room does not notice.
PATIENCE = 600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=ROOT / "tests/torture/project")
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--pause", type=float, default=0.8, help="mean time to a full disk, in seconds")
    parser.add_argument("--grace", type=float, default=2.0, help="how long processes may take to go, in seconds")
    parser.add_argument("--size", type=int, default=96, help="of the file system, in MiB")
    parser.add_argument("--on", choices=["tmpfs", "ext4"], default="tmpfs", help="the file system")
    parser.add_argument("--without-isolation", action="store_true", help="build on the machine itself, as `sandbox: preferred` allows")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    return parser.parse_args()


# The file system.


def call(function, *given):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*given) != 0:
        fail(f"{function} failed: {os.strerror(ctypes.get_errno())}")


def have_own_mounts():
    """What is mounted from now on is seen by this process and its children, and goes with them."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        call("unshare", CLONE_NEWNS)
    else:
        # The same user, who may mount until a program is started.
        call("unshare", CLONE_NEWUSER | CLONE_NEWNS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def mount(kind, size, at):
    at.mkdir()
    if kind == "tmpfs":
        call("mount", b"tmpfs", os.fsencode(at), b"tmpfs", 0, f"size={size}m,mode=755".encode())
        return
    image = at.with_name("image")
    with open(image, "wb") as file:
        file.truncate(size << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, at], check=True)
    (at / "lost+found").rmdir()


class Ballast:
    """A file beside the state that takes what is free."""

    def __init__(self, disk):
        self.disk = disk
        self.file = os.open(disk / "ballast", os.O_RDWR | os.O_CREAT, 0o600)

    def grow(self, leave):
        """Takes all that is free but so many bytes."""
        free = os.statvfs(self.disk)
        chunk = free.f_bavail * free.f_frsize - leave
        while chunk >= free.f_frsize:
            try:
                os.posix_fallocate(self.file, os.fstat(self.file).st_size, chunk)
                return
            except OSError:
                # Somebody was faster, or the file system needs some for itself.
                chunk //= 2

    def drop(self):
        os.ftruncate(self.file, 0)


# The loop.


def said(project):
    return (project.dir / "said").read_bytes()


def disturb(project, ballast, chance, pause, grace):
    """Runs a build and fills its disk at some instant. How that ended; nothing where it was over before."""
    build = project.start()
    end = time.monotonic() + chance.expovariate(1 / pause)
    while time.monotonic() < end:
        if build.poll() is not None:
            return build.returncode, False
        time.sleep(0.01)
    leave = chance.choice([0, chance.randrange(8192), chance.randrange(1 << 20)])
    stays = chance.random() < 0.6
    end = time.monotonic() + (PATIENCE if stays else 0.5 + chance.expovariate(1 / pause))
    while build.poll() is None and time.monotonic() < end:
        # What is removed meanwhile gives no room.
        ballast.grow(leave)
        time.sleep(0.01)
    if stays and build.poll() is None:
        fail("a build goes on for ten minutes though the disk is full")
    ballast.drop()
    try:
        build.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        fail("a build goes on for ten minutes after there was room again")
    until_gone(build, grace)
    return build.returncode, True


def look(project, wanted, status):
    """Holds what a build has left against what it says, and against the undisturbed one."""
    text = said(project)
    for path in [project.dir / "said", project.state / "runner.log"]:
        if path.exists() and b"panicked" in path.read_bytes():
            fail(f"a panic:\n{path.read_text(errors='replace')}")
    if status not in (0, 1, 2):
        fail(f"a build ended with {status}:\n" + text.decode(errors="replace"))
    if status != 0 and not any(word in text for word in WORDS):
        fail("a build failed and did not say that the disk was full:\n" + text.decode(errors="replace"))
    told = subprocess.run([project.program, "status"], cwd=project.dir, capture_output=True)
    if told.returncode not in (0, 1) or b"panicked" in told.stderr:
        fail(f"`lfsgen status` ended with {told.returncode}:\n{told.stderr.decode(errors='replace')}")
    found = project.manifests(project.state)
    compare(wanted if status == 0 else {package: wanted[package] for package in found}, found)


def main():
    given = arguments()
    chance = random.Random(given.seed)
    adopt_orphans()
    have_own_mounts()
    with tempfile.TemporaryDirectory(prefix="lfsgen-full-disk-", ignore_cleanup_errors=True) as folder:
        project = Project(given.project.resolve(), given.targets, given.program.resolve(), Path(folder), not given.without_isolation)
        mount(given.on, given.size, project.state)
        if given.without_isolation:
            give_to_somebody(project.state)
        try:
            torment(project, given, chance)
        finally:
            # Nobody else sees the file system; but the folder cannot be removed under it.
            call("umount2", os.fsencode(project.state), 2)


def torment(project, given, chance):
    ballast = Ballast(project.state)
    project.kept.add("ballast")
    start = time.monotonic()
    if project.start().wait() != 0:
        fail("the undisturbed build failed:\n" + said(project).decode(errors="replace"))
    wanted = project.manifests(project.state)
    print(f"undisturbed: {len(wanted)} packages in {time.monotonic() - start:.0f} s", flush=True)
    before, fills, failed, ended = mounts(), 0, 0, 0
    project.forget()
    while fills < given.fills:
        status, filled = disturb(project, ballast, chance, given.pause, given.grace)
        if mounts() != before:
            fail("a mount is left on the host")
        if not filled and status != 0:
            fail("an undisturbed start failed:\n" + said(project).decode(errors="replace"))
        look(project, wanted, status)
        fills += filled
        failed += status != 0
        if status == 0:
            ended += 1
            print(f"{fills} fills, {failed} failures: the same {len(wanted)} manifests", flush=True)
            project.forget()
    status = project.start().wait()
    if status != 0:
        fail("the last build failed:\n" + said(project).decode(errors="replace"))
    look(project, wanted, status)
    if not failed:
        fail("no build has failed: take more fills, or a smaller pause")
    print(f"{fills} fills, {failed} failures, {ended + 1} builds to the end, all with the same manifests; seed {given.seed}")


if __name__ == "__main__":
    main()

"""What the scripts that disturb builds have in common: a project on the disk, its builds, and what they leave."""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36


def fail(text):
    print(f"FAILED: {text}", flush=True)
    sys.exit(1)


# Processes.


def adopt_orphans():
    """Has whatever a build leaves running become a child of this process."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        fail("this needs Linux")


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


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


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


# A machine that isolates nothing.

# A user whom nobody else is: the kernel counts processes by user (setrlimit(2)).
SOMEBODY = 65533
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# Numbers of unshare(2), by the processor.
UNSHARE = {"x86_64": 272, "aarch64": 97}


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Filter(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


def forbid_isolation():
    """Has this process, and all that it starts, be an ordinary user's who gets no namespace (seccomp(2))."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(SOMEBODY)
        os.setuid(SOMEBODY)
    load, equal, answer = 0x20, 0x15, 0x06
    program = (Instruction * 4)(
        Instruction(load, 0, 0, 0),
        Instruction(equal, 0, 1, UNSHARE[os.uname().machine]),
        Instruction(answer, 0, 0, 0x00050000 | errno.EPERM),
        Instruction(answer, 0, 0, 0x7FFF0000),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if (
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(4, program))) != 0
    ):
        raise OSError(ctypes.get_errno(), "failed to forbid namespaces")


def give_to_somebody(path):
    """Gives what root has made to the user who builds then."""
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", f"{SOMEBODY}:{SOMEBODY}", path], check=True)


# What a build leaves.


def mounts():
    return Path("/proc/self/mountinfo").read_text()


class Project:
    def __init__(self, original, targets, program, folder, isolated=True):
        self.dir, self.targets, self.program, self.isolated = folder / "project", targets, program, isolated
        shutil.copytree(original, self.dir, ignore=shutil.ignore_patterns("build", "target", ".git"), symlinks=True)
        if not isolated:
            # Where another user gets at it.
            folder.chmod(0o755)
            self.program = Path(shutil.copy2(program, folder / "lfsgen"))
            give_to_somebody(self.dir)
        self.state = self.dir / "build"
        # What of the state stays where the rest is forgotten.
        self.kept = {"sources", "providers"}

    def start(self):
        # A session of its own, as of somebody who typed the command elsewhere.
        return subprocess.Popen(
            [self.program, "--quiet", "build", *self.targets],
            cwd=self.dir,
            stdout=subprocess.DEVNULL,
            stderr=open(self.dir / "said", "wb"),
            start_new_session=True,
            preexec_fn=None if self.isolated else forbid_isolation,
        )

    def forget(self):
        """Removes the state, but for the sources."""
        for path in self.state.iterdir():
            if path.name not in self.kept:
                # Directories without any right are left in an overlay's work directory.
                subprocess.run(["chmod", "-R", "u+rwX", path], stderr=subprocess.DEVNULL)
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def take(self, state, packages):
        """Puts artifacts of another state folder on the same disk into this one, as if they had been built."""
        for package in packages:
            (self.state / "artifacts").mkdir(parents=True, exist_ok=True)
            key = json.loads((self.dir / f"generated/plan/{package}.json").read_text())["key"]
            # Owners, times and links as they are; the files themselves are shared.
            subprocess.run(["cp", "-al", state / "artifacts" / key, self.state / "artifacts"], check=True)

    def cut_off(self):
        """The steps that the journal's last run began and of which it has no end."""
        journal, steps = self.state / "journal.jsonl", set()
        for line in journal.read_bytes().splitlines() if journal.exists() else []:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            step = f"{event.get('package')}:{event.get('phase')}"
            if event["event"] == "run-started":
                steps.clear()
            elif event["event"] == "step-started":
                steps.add(step)
            elif event["event"] == "step-finished":
                steps.discard(step)
        return sorted(steps)

    def manifests(self, state):
        """The manifest of each package of the plan that a state folder has, whose files are what it says."""
        found = {}
        for plan in sorted((self.dir / "generated/plan").glob("*.json")):
            plan = json.loads(plan.read_text())
            artifact = state / "artifacts" / plan["key"]
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

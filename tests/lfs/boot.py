#!/usr/bin/env python3
"""Starts a finished system in a virtual machine, logs in, looks whether it works, and has it end by itself.

    tests/lfs/boot.py [--project DIR] [--target PACKAGE] [--program FILE] [--tar FILE] [--image FILE]
                      [--limit SECONDS] [--memory MIB] [--accel NAMES] [--by-hand]

`lfsgen pack` gives the system as an archive, or --tar names one. An ext4 image is made of it, and QEMU starts the kernel in
its /boot with a serial line as the console. In the image root has the password `lfs`. With --image the image is kept at that
place; if it is there already, it is started as it is. With --by-hand nothing is looked at: the console is yours.

Needs qemu-system-x86_64 and e2fsprogs; no root, but fakeroot for an ordinary user where mke2fs takes no archive (before
1.47.1, or built without libarchive). Exit status: 0 all is well, 1 something is not, 2 it could not be tried.
"""

import argparse
import os
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "lfs"
# crypt(5) of that, with the salt `lfsgen`.
HASH = "$6$lfsgen$HC01bG1MyzxDNoJRUVj0Z2QYw76cFNG8SVRZ7CUKfs5OcZTmTl0AUjQmaY.s79QQ9PNYFWs5u0eBe/0pp4ge2."
NEEDED = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "debugfs": "e2fsprogs", "e2fsck": "e2fsprogs"}

# What holds in a system that works, and a command of one line that succeeds if it does.
CHECKS = [
    ("init is the first process, on Linux", 'uname -a && test "$(uname -s)/$(cat /proc/1/comm)" = Linux/init'),
    ("the machine has its name", 'test "$(uname -n)" = "$(cat /etc/hostname)"'),
    (
        "all that is in /etc/fstab is mounted",
        "awk '$1 !~ /^#/ && $2 ~ /^[/]/ { print $2 }' /etc/fstab | while read -r at; do mountpoint $at || exit 1; done",
    ),
    ("/ can be written", "touch /root/written && sync && rm /root/written"),
    ("devices are open to whom they are meant for", "stat -c %n=%a=%G /dev/null /dev/tty /dev/vda | tr '\\n' ' ' | "
     "grep '/dev/null=666=root /dev/tty=666=tty /dev/vda=660=disk'"),
    ("udev knows the disk", "udevadm info /dev/vda | grep DEVTYPE=disk"),
    ("the machine reaches itself over the network", "ping -c 1 127.0.0.1"),
    (
        "what is logged is kept, if there is a daemon for it",
        "! type syslogd || (logger started-by-boot && sleep 1 && grep -rq started-by-boot /var/log)",
    ),
    ("the locale is one of UTF-8", 'test "$(locale charmap)" = UTF-8'),
    ("Perl and Python run", "perl -e 'print 6 * 7' && python3 -c 'print(6 * 7)'"),
    (
        "a program in C is compiled, and runs",
        "cd /tmp && echo '#include <stdio.h>~int main(void) { return puts(\"hello\") < 0; }' | tr '~' '\\n' > hello.c && "
        "gcc -O2 hello.c -o hello && test $(./hello) = hello",
    ),
    (
        "a program in C++ is compiled, and runs",
        "cd /tmp && echo '#include <iostream>~int main() { std::cout << 6 * 7; }' | tr '~' '\\n' > hello.cc && "
        "g++ -O2 hello.cc -o hello && test $(./hello) = 42",
    ),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--project", type=Path, default=ROOT / "specs/lfs")
    parser.add_argument("--target", default="boot-files", help="what is packed, with all that it needs")
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/lfsgen")
    parser.add_argument("--tar", type=Path, help="a system that is packed already")
    parser.add_argument("--image", type=Path, help="where the image is kept")
    parser.add_argument("--limit", type=float, default=300, help="how long one thing may take, in seconds")
    parser.add_argument("--memory", type=int, default=1024, help="of the machine, in MiB")
    parser.add_argument("--accel", default="kvm:tcg", help="what runs it: kvm, tcg (emulation), or the first of them that is there")
    parser.add_argument("--by-hand", action="store_true", help="leave the machine's console to you")
    return parser.parse_args()


def unable(text):
    print(f"error: {text}", file=sys.stderr, flush=True)
    sys.exit(2)


def run(*words):
    """Runs a program to its end, and gives what it said."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        unable(f"`{' '.join(map(str, words))}` ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


# The image.


def make_image(tar, image):
    """Makes a file system of an archive, with the owners that are in it."""
    with open(image, "wb") as file:
        # What it holds, some more for what ext4 itself takes, and room to work in. Only what is written takes place.
        file.truncate(tar.stat().st_size * 5 // 4 + (2 << 30))
    make = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", "lfs", "-E", "root_owner=0:0", "-d"]
    if subprocess.run([*make, tar, image], capture_output=True).returncode == 0:
        return
    as_root = []
    if os.geteuid() != 0:
        as_root = ["fakeroot", "--"]
        if not shutil.which("fakeroot"):
            unable("this mke2fs takes no archive: install fakeroot, or e2fsprogs 1.47.1 with libarchive")
    with tempfile.TemporaryDirectory(dir=image.parent, prefix="unpacked-") as folder:
        script = 'tar --numeric-owner -xpf "$1" -C "$2" && shift 2 && "$@"'
        # The archive says what mode `/` has, or else it is the folder's own.
        os.chmod(folder, 0o755)
        run(*as_root, "sh", "-c", script, "sh", tar, folder, *make, folder, image)
        # What its owner may not write cannot be removed either.
        run("chmod", "-R", "u+rwX", folder)


def change(image, *commands):
    """Has debugfs change an image; it says nothing if all went well."""
    with tempfile.NamedTemporaryFile("w") as script:
        script.write("\n".join(commands) + "\n")
        script.flush()
        return run("debugfs", "-w", "-f", script.name, image)


def read(image, path, to):
    run("debugfs", "-R", f"dump {path} {to}", image)
    if not to.exists() or not to.stat().st_size:
        unable(f"the system has no `{path}`")
    return to


def set_password(image, folder):
    shadow = read(image, "/etc/shadow", folder / "shadow")
    # Nothing after the password: it never expires.
    text, count = re.subn(r"^root:.*", f"root:{HASH}:::::::", shadow.read_text(), flags=re.MULTILINE)
    if count != 1:
        unable("the system's /etc/shadow has no root")
    shadow.write_text(text)
    owned = ["sif shadow mode 0100600", "sif shadow uid 0", "sif shadow gid 0"]
    change(image, "cd /etc", "rm shadow", f"write {shadow} shadow", *owned)


def kernel_of(image, folder):
    """The kernel in an image's /boot."""
    # A line is /INODE/MODE/UID/GID/NAME/SIZE/.
    names = [line.split("/")[5] for line in run("debugfs", "-R", "ls -p /boot", image).splitlines() if line.count("/") == 7]
    kernels = [name for name in names if name.startswith("vmlinuz-")]
    if len(kernels) != 1:
        unable(f"the system's /boot must have one kernel, `vmlinuz-…`; it has {names}")
    return read(image, f"/boot/{kernels[0]}", folder / "kernel")


# The machine.


def machine(given, image, kernel, serial):
    return [
        *["qemu-system-x86_64", "-machine", f"accel={given.accel}", "-smp", "2", "-m", f"{given.memory}M"],
        *["-nodefaults", "-no-reboot", "-vga", "std", "-display", "none", "-serial", serial],
        *["-drive", f"file={image},format=raw,if=virtio", "-device", "virtio-rng-pci"],
        # Whoever panics starts anew at once, which ends QEMU. Only what is urgent comes between what programs say.
        *["-kernel", kernel, "-append", "root=/dev/vda ro console=ttyS0 panic=-1 loglevel=4"],
    ]


class Console:
    """What a machine says on its serial line, and what it is told there."""

    def __init__(self, command, limit):
        self.machine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.limit, self.said, self.seen = limit, "", 0
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.machine.stdout, selectors.EVENT_READ)

    def more(self, end):
        """Takes what was said since; whether the line is still there."""
        if not self.ready.select(max(0, end - time.monotonic())):
            hint = "" if self.said else " (if KVM is there and does not work: --accel tcg)"
            self.fail(f"nothing of it within {self.limit:.0f} s{hint}")
        text = os.read(self.machine.stdout.fileno(), 1 << 16).decode(errors="replace")
        self.said += text
        return bool(text)

    def wait_for(self, pattern):
        """What matches first, of what nobody has waited for yet."""
        end = time.monotonic() + self.limit
        while not (found := re.compile(pattern).search(self.said, self.seen)):
            if not self.more(end):
                self.fail(f"the machine ended, with {self.machine.wait()}")
        self.seen = found.end()
        return found

    def tell(self, line):
        self.machine.stdin.write(f"{line}\n".encode())
        self.machine.stdin.flush()

    def succeeds(self, command):
        # The line is echoed, with `$?` in it and no number.
        self.tell(f"{{ {command}; }}; echo status=$?=")
        return self.wait_for(r"status=(\d+)=")[1] == "0"

    def end(self):
        """Waits until the machine has ended by itself."""
        end = time.monotonic() + self.limit
        while self.more(end):
            pass
        return self.machine.wait()

    def fail(self, text):
        self.machine.kill()
        print(f"FAILED: {text}; the last that it said:", flush=True)
        print("\n".join(f"  | {line}" for line in self.said.splitlines()[-25:]), flush=True)
        sys.exit(1)


def look(console, image):
    """Logs in, tries each check, and switches off. How many things were not well."""
    start, bad = time.monotonic(), []

    def note(what, well):
        print(f"{time.monotonic() - start:6.1f} s  {'ok' if well else 'FAILED'}: {what}", flush=True)
        if not well:
            bad.append(what)

    console.wait_for(r"login: ")
    note("it starts, up to the question who is there", True)
    note("each thing at the start went well", "FAILED" not in console.said)
    console.tell("root")
    console.wait_for(r"Password: ")
    console.tell(PASSWORD)
    console.wait_for(r"# ")
    note("root can log in", True)
    for what, command in CHECKS:
        before = console.seen
        well = console.succeeds(command)
        note(what, well)
        if not well:
            print("\n".join(f"  | {line}" for line in console.said[before : console.seen].splitlines()), flush=True)
    console.tell("poweroff")
    status = console.end()
    note("it switches itself off", status == 0 and "Power down" in console.said)
    # Nothing is repaired (-n): a file system that was left as one should leave it needs nothing.
    checked = subprocess.run(["e2fsck", "-f", "-n", image], capture_output=True, text=True)
    features = run("dumpe2fs", "-h", image)
    note("its file system is as it should be", checked.returncode == 0 and "needs_recovery" not in features)
    return bad


def main():
    given = arguments()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program, package in NEEDED.items():
        if not shutil.which(program):
            unable(f"`{program}` is missing: install {package}")
    packs = not given.tar and not (given.image and given.image.exists())
    if packs and not shutil.which(given.program):
        unable(f"`{given.program}` is missing: `cargo build --release` makes it, and --program says where another is")
    with tempfile.TemporaryDirectory(prefix="lfsgen-boot-", dir=given.image and given.image.resolve().parent) as folder:
        folder = Path(folder)
        image = given.image or folder / "image"
        if not image.exists():
            tar = given.tar or folder / "system.tar"
            if not given.tar:
                run(given.program, "--project", given.project, "pack", "--with-needs", given.target, "-o", tar)
            make_image(tar, image)
            set_password(image, folder)
        kernel = kernel_of(image, folder)
        if given.by_hand:
            sys.exit(subprocess.run(machine(given, image, kernel, "mon:stdio")).returncode)
        bad = look(Console(machine(given, image, kernel, "stdio"), given.limit), image)
    if bad:
        print(f"FAILED: {len(bad)} of the above")
        sys.exit(1)
    print("the system starts, works and ends")


if __name__ == "__main__":
    main()

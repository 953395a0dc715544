#!/bin/bash
# boot-files 12.3: What makes a system of it that starts (LFS 7.3, 9, 10.2 and 11.1)
# Written by lfsgen from packages/boot/boot-files.yaml: change that file, not this one.
#
# usage: boot-files.sh PHASE, with PHASE one of: prepare install

set -eu
umask 022

# What the runner sets, or what holds where a person runs a phase by hand.
jobs=${LFSGEN_JOBS:-1}
work=${LFSGEN_WORK:-/lfsgen/work}
sources=${LFSGEN_SOURCES:-/lfsgen/sources}

# Make takes its jobs from the runner's job server, and so does ninja from 1.13 on; an older one is told a number.
export MAKEFLAGS="${MAKEFLAGS--j$jobs}"
own_jobs=${LFSGEN_OWN_JOBS--j$jobs}
ninja() {
    command ninja ${own_jobs:+"$own_jobs"} "$@"
}

export CONFIG_SITE=/mnt/lfs/usr/share/config.site
export LC_ALL=POSIX
export LFS=/mnt/lfs
export LFS_TGT=x86_64-lfs-linux-gnu
export PATH=/mnt/lfs/tools/bin:/usr/bin:/bin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir src
cd src
}

phase_install() {
cd "$work"/src

# packages/boot/boot-files.yaml: phases.install
# What the kernel puts its own file systems on. The roots of steps have these by themselves, so no earlier package has
# made them.
mkdir "$LFS"/dev "$LFS"/proc "$LFS"/run "$LFS"/sys

cd "$LFS"/etc
cat > fstab <<'END'
# device      at              type      options               dump  check
/dev/vda      /               ext4      defaults              1     1
proc          /proc           proc      nosuid,noexec,nodev   0     0
sysfs         /sys            sysfs     nosuid,noexec,nodev   0     0
devtmpfs      /dev            devtmpfs  mode=0755,nosuid      0     0
devpts        /dev/pts        devpts    gid=5,mode=620        0     0
tmpfs         /dev/shm        tmpfs     nosuid,nodev          0     0
tmpfs         /run            tmpfs     mode=0755,nosuid      0     0
cgroup2       /sys/fs/cgroup  cgroup2   nosuid,noexec,nodev   0     0
END

cat > inittab <<'END'
# 0 ends all, 1 and S are for one person, 2 to 5 for many, and 6 starts anew.
id:3:initdefault:
si::sysinit:/etc/rc.d/start
l0:0:wait:/etc/rc.d/stop poweroff
l6:6:wait:/etc/rc.d/stop reboot
s1:S1:respawn:/usr/sbin/sulogin
ca:12345:ctrlaltdel:/usr/sbin/shutdown -r now
# Logins on a screen, and on a serial line, as virtual machines have it.
t1:2345:respawn:/usr/sbin/agetty --noclear tty1 linux
t2:2345:respawn:/usr/sbin/agetty tty2 linux
t3:2345:respawn:/usr/sbin/agetty tty3 linux
s0:2345:respawn:/usr/sbin/agetty --keep-baud ttyS0 115200,38400,9600 vt100
END

mkdir -p rc.d
cat > rc.d/start <<'END'
#!/bin/sh
# Run by init before anything else (/etc/inittab). It says of each thing whether it went well, and goes on in either
# case; only a root file system that cannot be mended is left to a person.
PATH=/usr/sbin:/usr/bin
export PATH

# try SENTENCE COMMAND [WORD...]
try() {
    sentence=$1
    shift
    if "$@"; then echo "ok: $sentence"; else echo "FAILED: $sentence"; fi
}

has() { command -v "$1" > /dev/null; }

mount_kernels() {
    for place in /proc /sys /dev /run /dev/pts /dev/shm /sys/fs/cgroup; do
        if mountpoint -q $place; then continue; fi
        mkdir -p $place && mount $place || return
    done
    mkdir -p /run/lock
}

find_devices() {
    udevd --daemon &&
        udevadm trigger --action=add --type=subsystems &&
        udevadm trigger --action=add --type=devices &&
        udevadm settle
}

# The kernel mounts / read-only unless `rw` is among its words.
check_root() {
    fsck -T -a /
    status=$?
    if [ $((status & ~3)) -ne 0 ]; then
        echo "/ is damaged; mend it with fsck, then leave this shell"
        sulogin
        reboot -f
    elif [ $((status & 2)) -ne 0 ]; then
        echo "/ has been mended, and is read anew"
        reboot -f
    fi
    mount -o remount,rw /
}

# Not /dev: whoever mounted it, such as an initramfs, may have given it another name.
mount_rest() {
    fsck -A -R -T -a
    [ $? -le 1 ] && mount -a -O no_netdev -t nodevtmpfs && swapon -a
}

# What does not outlive a start.
clear_old() {
    find /tmp -xdev -mindepth 1 -delete &&
        rm -f /etc/nologin /fastboot /forcefsck &&
        : > /run/utmp && chgrp utmp /run/utmp && chmod 664 /run/utmp
}

set_console() {
    . /etc/sysconfig/console
    { [ -z "$KEYMAP" ] || loadkeys -q "$KEYMAP"; } && { [ -z "$FONT" ] || setfont "$FONT"; }
}

name_machine() { cat /etc/hostname > /proc/sys/kernel/hostname; }

try "the kernel's file systems are mounted" mount_kernels
try "the machine has its name" name_machine
if has udevd; then try "devices are found" find_devices; fi
case $(findmnt -n -o OPTIONS /) in
rw*) ;;
*) try "/ is whole and can be written" check_root ;;
esac
try "other file systems are mounted" mount_rest
try "what was left from before is gone" clear_old
if [ -e /etc/sysconfig/console ]; then try "keyboard and font are set" set_console; fi
if [ -e /etc/sysctl.conf ]; then try "the kernel is tuned" sysctl -q -p; fi
try "the loopback device is up" ip link set lo up
if has syslogd; then try "what happens is logged" syslogd -m 0; fi
# The owner's own.
if [ -x /etc/rc.d/local ]; then try "/etc/rc.d/local has run" /etc/rc.d/local; fi
END

cat > rc.d/stop <<'END'
#!/bin/sh
# stop poweroff|reboot: run by init after everything else (/etc/inittab).
PATH=/usr/sbin:/usr/bin
export PATH

echo "ending what runs"
if [ -e /run/udev/control ]; then udevadm control --exit; fi
killall5 -15
sleep 2
killall5 -9

echo "leaving file systems"
swapoff -a
umount -a -d -r -t nocgroup2,nodevpts,nodevtmpfs,noproc,nosysfs,notmpfs
mount -o remount,ro / || sync

# -f: at once; -d: without a record, which has no place to be written to any more; -i: with networks down.
case $1 in
poweroff) exec halt -d -f -i -p ;;
reboot) exec reboot -d -f -i ;;
esac
END
chmod 755 rc.d/start rc.d/stop

echo 'lfs' > hostname
cat > hosts <<'END'
127.0.0.1 localhost
127.0.1.1 lfs
::1       localhost ip6-localhost ip6-loopback
ff02::1   ip6-allnodes
ff02::2   ip6-allrouters
END

cat > profile <<'END'
# Read by shells of those who log in.
export LANG=C.UTF-8
umask 022
PS1='\u@\h:\w\$ '
for file in /etc/profile.d/*.sh; do
    if [ -r "$file" ]; then . "$file"; fi
done
unset file
END

cat > inputrc <<'END'
# Bytes beyond ASCII are letters, for input and output.
set input-meta on
set output-meta on
set convert-meta off
set bell-style none
# Home, End, Insert, Delete, and the keys of pages, as terminals send them.
"\e[1~": beginning-of-line
"\e[H": beginning-of-line
"\eOH": beginning-of-line
"\e[4~": end-of-line
"\e[F": end-of-line
"\eOF": end-of-line
"\e[2~": quoted-insert
"\e[3~": delete-char
"\e[5~": beginning-of-history
"\e[6~": end-of-history
# A word on, and a word back, with Ctrl and an arrow.
"\e[1;5C": forward-word
"\e[1;5D": backward-word
END

printf '%s\n' /bin/sh /bin/bash > shells

echo 12.3 > lfs-release
cat > lsb-release <<'END'
DISTRIB_ID="Linux From Scratch"
DISTRIB_RELEASE="12.3"
DISTRIB_CODENAME="lfsgen"
DISTRIB_DESCRIPTION="Linux From Scratch"
END
cat > os-release <<'END'
NAME="Linux From Scratch"
VERSION="12.3"
ID=lfs
PRETTY_NAME="Linux From Scratch 12.3"
VERSION_CODENAME="lfsgen"
HOME_URL="https://www.linuxfromscratch.org/lfs/"
RELEASE_TYPE="stable"
END
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

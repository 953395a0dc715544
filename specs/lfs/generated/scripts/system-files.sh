#!/bin/bash
# system-files 12.3: Essential files and symbolic links (LFS 7.6)
# Written by lfsgen from packages/chroot/system-files.yaml: change that file, not this one.
#
# usage: system-files.sh PHASE, with PHASE one of: prepare install

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

export HOME=/root
export LC_ALL=POSIX
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir src
cd src
}

phase_install() {
cd "$work"/src

# packages/chroot/system-files.yaml: phases.install
ln -s /proc/self/mounts /etc/mtab
cat > /etc/hosts <<'END'
127.0.0.1 localhost
::1 localhost
END
cat > /etc/passwd <<'END'
root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/dev/null:/usr/bin/false
daemon:x:6:6:Daemon User:/dev/null:/usr/bin/false
messagebus:x:18:18:D-Bus Message Daemon User:/run/dbus:/usr/bin/false
uuidd:x:80:80:UUID Generation Daemon User:/dev/null:/usr/bin/false
nobody:x:65534:65534:Unprivileged User:/dev/null:/usr/bin/false
END
cat > /etc/group <<'END'
root:x:0:
bin:x:1:daemon
sys:x:2:
kmem:x:3:
tape:x:4:
tty:x:5:
daemon:x:6:
floppy:x:7:
disk:x:8:
lp:x:9:
dialout:x:10:
audio:x:11:
video:x:12:
utmp:x:13:
cdrom:x:15:
adm:x:16:
messagebus:x:18:
input:x:24:
mail:x:34:
kvm:x:61:
uuidd:x:80:
wheel:x:97:
users:x:999:
nogroup:x:65534:
END
# Beside the archive of locales, so that another package can add its own.
mkdir -p /usr/lib/locale
localedef --no-archive -i C -f UTF-8 C.UTF-8
touch /var/log/btmp /var/log/lastlog /var/log/faillog /var/log/wtmp
chmod 664 /var/log/lastlog
chmod 600 /var/log/btmp
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

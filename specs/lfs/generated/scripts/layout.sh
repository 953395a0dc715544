#!/bin/bash
# layout 12.3: Directories that everything else is put into (LFS 4.2 and 7.5)
# Written by lfsgen from packages/cross/layout.yaml: change that file, not this one.
#
# usage: layout.sh PHASE, with PHASE one of: prepare install

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

# packages/cross/layout.yaml: phases.install
cd "$LFS"
mkdir -p etc var usr/bin usr/lib usr/sbin tools
for name in bin lib sbin; do
    ln -s usr/$name $name
done
mkdir -p boot home mnt opt srv etc/opt etc/sysconfig lib/firmware media/floppy media/cdrom
mkdir -p usr/include usr/src usr/lib/locale usr/local
for prefix in usr usr/local; do
    mkdir -p $prefix/include $prefix/share $prefix/src
    mkdir -p $prefix/share/color $prefix/share/dict $prefix/share/doc $prefix/share/info
    mkdir -p $prefix/share/locale $prefix/share/man $prefix/share/misc $prefix/share/terminfo $prefix/share/zoneinfo
    for section in 1 2 3 4 5 6 7 8; do
        mkdir -p $prefix/share/man/man$section
    done
done
mkdir -p usr/local/bin usr/local/lib usr/local/sbin
mkdir -p var/cache var/local var/log var/mail var/opt var/spool var/lib/color var/lib/misc var/lib/locate
ln -s /run var/run
ln -s /run/lock var/lock
install -d -m 0750 root
install -d -m 1777 tmp var/tmp

# packages/cross/layout.yaml: phases.install.after
mkdir "$LFS"/lib64
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

#!/bin/bash
# sysvinit 3.18: The first process, and programs that end the last (LFS 8.82)
# Written by lfsgen from packages/system/sysvinit.yaml: change that file, not this one.
#
# usage: sysvinit.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   be9fdd55f2c1d1469a1f9d69e9d6abf47a2c0003df987b72605c653e92e5bb14  sysvinit_3.18.orig.tar.gz

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

export AM_UPDATE_INFO_DIR=no
export HOME=/root
export LC_ALL=C.UTF-8
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800
export TEXINFO_XS=omit

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/sysvinit_3.18.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/sysvinit.yaml: phases.prepare.after
# Other names for programs of other packages.
sed -i -e '/lastb \]; then/,/fi$/d' -e '/\/pidof$/d' src/Makefile
# Pages in other languages are made by po4a, which is not here; their folders would stay empty.
rm -r man/po
}

phase_build() {
cd "$work"/src
make \
    ROOT=/ \
    'SBIN=bootlogd fstab-decode halt init killall5 runlevel shutdown' \
    USRBIN= \
    MAN1= \
    'MAN8=bootlogd.8 fstab-decode.8 halt.8 init.8 killall5.8 poweroff.8 reboot.8 runlevel.8 shutdown.8 telinit.8'
}

phase_install() {
cd "$work"/src
make install \
    ROOT=/ \
    'SBIN=bootlogd fstab-decode halt init killall5 runlevel shutdown' \
    USRBIN= \
    MAN1= \
    'MAN8=bootlogd.8 fstab-decode.8 halt.8 init.8 killall5.8 poweroff.8 reboot.8 runlevel.8 shutdown.8 telinit.8'
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare build install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
build) phase_build ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

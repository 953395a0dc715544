#!/bin/bash
# man-pages 6.9.1: Manual pages of the kernel and the C library (LFS 8.3)
# Written by lfsgen from packages/system/man-pages.yaml: change that file, not this one.
#
# usage: man-pages.sh PHASE, with PHASE one of: prepare install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   e23cbac29f110ba571f0da8523e79d373691466ed7f2a31301721817d34530bd  manpages_6.9.1.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/manpages_6.9.1.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/man-pages.yaml: phases.prepare.after
rm man3/crypt*
}

phase_install() {
cd "$work"/src

# packages/system/man-pages.yaml: phases.install
make -R GIT=false prefix=/usr install
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

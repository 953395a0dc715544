#!/bin/bash
# kmod 34.2: Programs and library for the kernel's modules (LFS 8.57)
# Written by lfsgen from packages/system/kmod.yaml: change that file, not this one.
#
# usage: kmod.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   012d16e2099115486d8aa9f2c2a23d058d3d0cad83113a60512647d25d3869e8  kmod_34.2.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/kmod_34.2.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
meson setup .. \
    --prefix=/usr \
    --sbindir=/usr/sbin \
    --buildtype=release \
    -Dmanpages=false
}

phase_build() {
cd "$work"/src/build
ninja
}

phase_install() {
cd "$work"/src/build
ninja install
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare configure build install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
configure) phase_configure ;;
build) phase_build ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src/build 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

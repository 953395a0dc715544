#!/bin/bash
# binutils-pass1 2.44: Assembler and linker for the target, on the host (LFS 5.2)
# Written by lfsgen from packages/cross/binutils-pass1.yaml: change that file, not this one.
#
# usage: binutils-pass1.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   c41a0272424f41bb01bf828e7ffef1b2d59d1788064fd6b5f1d971717e9320b8  binutils_2.44.orig.tar.xz

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
mkdir unpack
tar --no-same-owner -xf "$sources"/binutils_2.44.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
../configure \
    --prefix=/mnt/lfs/tools \
    --with-sysroot=/mnt/lfs \
    --target=x86_64-lfs-linux-gnu \
    --disable-nls \
    --enable-gprofng=no \
    --disable-werror \
    --enable-new-dtags \
    --enable-default-hash-style=gnu \
    --enable-deterministic-archives
}

phase_build() {
cd "$work"/src/build
make MAKEINFO=true
}

phase_install() {
cd "$work"/src/build
make install MAKEINFO=true
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

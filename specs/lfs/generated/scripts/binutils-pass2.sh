#!/bin/bash
# binutils-pass2 2.44: Assembler and linker that run on the target (LFS 6.17)
# Written by lfsgen from packages/temporary/binutils-pass2.yaml: change that file, not this one.
#
# usage: binutils-pass2.sh PHASE, with PHASE one of: prepare configure build install
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

# packages/temporary/binutils-pass2.yaml: phases.prepare.after
# Else the libraries of the host are linked to.
sed '6031s/$add_dir//' -i ltmain.sh

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
../configure \
    --prefix=/usr \
    --build=x86_64-pc-linux-gnu \
    --host=x86_64-lfs-linux-gnu \
    --disable-nls \
    --enable-shared \
    --enable-gprofng=no \
    --disable-werror \
    --enable-64-bit-bfd \
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
make install DESTDIR=/mnt/lfs MAKEINFO=true

# packages/temporary/binutils-pass2.yaml: phases.install.after
rm "$LFS"/usr/lib/lib{bfd,ctf,ctf-nobfd,opcodes,sframe}.{a,la}
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

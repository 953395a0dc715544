#!/bin/bash
# libstdcxx 14.2.0: The C++ library (LFS 5.6)
# Written by lfsgen from packages/cross/libstdcxx.yaml: change that file, not this one.
#
# usage: libstdcxx.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   e162a5ef3f0077ecae598c6556908d2ab80841532df3398072a96a6df6e6aa29  gcc-14_14.2.0.orig.tar.gz
#   b67ba0383ef7e8a8563734e2e889ef5ec3c3b898a01d00fa0a6869ad81c6ce01  mpfr4_4.2.2.orig.tar.xz
#   bd2966e6d277f79328e894a5a9f3ba3fbf2ed2be81def5f48623e30c23fb1572  gmp_6.3.0+dfsg.orig.tar.xz
#   ab642492f5cf882b74aa0cb730cd410a81edcdbec895183ce930e706c1c759b8  mpclib3_1.3.1.orig.tar.gz

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
export MAKEINFO=true
export PATH=/mnt/lfs/tools/bin:/usr/bin:/bin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/gcc-14_14.2.0.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
tar --no-same-owner -xf "$sources"/mpfr4_4.2.2.orig.tar.xz -C .
tar --no-same-owner -xf "$sources"/gmp_6.3.0+dfsg.orig.tar.xz -C .
tar --no-same-owner -xf "$sources"/mpclib3_1.3.1.orig.tar.gz -C .
cd src

# packages/cross/gcc-pass1.yaml: phases.prepare.after
tar --no-same-owner -xf gcc-14.2.0-dfsg.tar.xz --strip-components=1
rm gcc-14.2.0-dfsg.tar.xz
mv ../mpfr-* mpfr
mv ../gmp-* gmp
mv ../mpc-* mpc
# The manual of gmp is not there to be configured or built.
sed -i 's, doc/Makefile,,' gmp/configure
sed -i '/^SUBDIRS/s/ doc$//' gmp/Makefile.in
# The manual's page of target hooks is empty, and must not be held against the sources.
sed -i '/^s-tm-texi: build/,/^$/{s/^s-tm-texi: .*/s-tm-texi:\n\t$(STAMP) $@/;/^\t/d}' gcc/Makefile.in
# 64-bit libraries lie in lib, not in lib64. The book has it for x86_64 alone.
case x86_64 in
x86_64) sed -i '/m64=/s/lib64/lib/' gcc/config/i386/t-linux64 ;;
aarch64) sed -i '/lp64=/s/lib64/lib/' gcc/config/aarch64/t-aarch64-linux ;;
esac

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build

# packages/cross/libstdcxx.yaml: phases.configure
../libstdc++-v3/configure \
    --host=x86_64-lfs-linux-gnu \
    --build=x86_64-pc-linux-gnu \
    --prefix=/usr \
    --disable-multilib \
    --disable-nls \
    --disable-libstdcxx-pch \
    --with-gxx-include-dir=/tools/x86_64-lfs-linux-gnu/include/c++/14.2.0
}

phase_build() {
cd "$work"/src/build
make
}

phase_install() {
cd "$work"/src/build

# packages/cross/libstdcxx.yaml: phases.install
make DESTDIR="$LFS" install

# packages/cross/libstdcxx.yaml: phases.install.after
rm "$LFS"/usr/lib/lib{stdc++{,exp,fs},supc++}.la
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

#!/bin/bash
# gmp 6.3.0: Arithmetic of numbers as long as memory allows (LFS 8.21)
# Written by lfsgen from packages/system/gmp.yaml: change that file, not this one.
#
# usage: gmp.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   bd2966e6d277f79328e894a5a9f3ba3fbf2ed2be81def5f48623e30c23fb1572  gmp_6.3.0+dfsg.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/gmp_6.3.0+dfsg.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/gmp.yaml: phases.prepare.after
# The manual is not there to be configured or built.
sed -i 's, doc/Makefile,,' configure
sed -i '/^SUBDIRS/s/ doc$//' Makefile.in
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --build=x86_64-pc-linux-gnu \
    --enable-cxx \
    --disable-static
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/gmp.yaml: phases.install.after
rm /usr/lib/lib{gmp,gmpxx}.la
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
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

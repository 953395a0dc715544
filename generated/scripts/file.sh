#!/bin/bash
# file 5.46: Tells what kind of data a file holds
# Written by lfsgen from specs/base/file.yaml: change that file, not this one.
#
# usage: file.sh PHASE, with PHASE one of: prepare configure build check install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   c9cc77c7c560c543135edc555af609d5619dbef011997e988ce40a3d75d86088  file-5.46.tar.gz

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

export CFLAGS=-O2
export CXXFLAGS=-O2
export LC_ALL=C.UTF-8
export PATH=/usr/local/bin:/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/file-5.46.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --libdir=/usr/lib/x86_64-linux-gnu \
    --includedir=/usr/include/x86_64-linux-gnu \
    --disable-static \
    --disable-zstdlib \
    --disable-lzlib \
    --disable-dependency-tracking
}

phase_build() {
cd "$work"/src
make
}

phase_check() {
cd "$work"/src

# specs/base/file.yaml: phases.check
make check
# That it reads compressed files with the libraries of the declared packages.
readelf -d src/.libs/libmagic.so.1
ldd src/.libs/libmagic.so.1
}

phase_install() {
cd "$work"/src
make install
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare configure build check install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
configure) phase_configure ;;
build) phase_build ;;
check) phase_check ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

#!/bin/bash
# lz4 1.10.0: Very fast compression library and program
# Written by lfsgen from specs/base/lz4.yaml: change that file, not this one.
#
# usage: lz4.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   537512904744b35e232912055ccf8ec66d768639ff3abe5788d90d792ec5f48b  lz4-1.10.0.tar.gz

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
tar --no-same-owner -xf "$sources"/lz4-1.10.0.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_build() {
cd "$work"/src
make \
    BUILD_STATIC=no \
    PREFIX=/usr \
    libdir=/usr/lib/x86_64-linux-gnu \
    includedir=/usr/include/x86_64-linux-gnu
}

phase_install() {
cd "$work"/src
make install \
    BUILD_STATIC=no \
    PREFIX=/usr \
    libdir=/usr/lib/x86_64-linux-gnu \
    includedir=/usr/include/x86_64-linux-gnu
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

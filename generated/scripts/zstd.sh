#!/bin/bash
# zstd 1.5.7: Fast compression library and program
# Written by lfsgen from specs/base/zstd.yaml: change that file, not this one.
#
# usage: zstd.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5  libzstd_1.5.7+dfsg.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/libzstd_1.5.7+dfsg.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/cmake-build
}

phase_configure() {
cd "$work"/src/cmake-build

# specs/base/zstd.yaml: phases.configure
# Its makefile would compile the library three times over; and its CMakeLists.txt is not at the top.
cmake -G Ninja \
    -D CMAKE_BUILD_TYPE=Release \
    -D CMAKE_INSTALL_PREFIX=/usr \
    -D CMAKE_INSTALL_LIBDIR=/usr/lib/x86_64-linux-gnu \
    -D CMAKE_INSTALL_INCLUDEDIR=/usr/include/x86_64-linux-gnu \
    -D ZSTD_BUILD_STATIC=OFF \
    -D ZSTD_BUILD_TESTS=OFF \
    -D ZSTD_LEGACY_SUPPORT=OFF \
    -D ZSTD_PROGRAMS_LINK_SHARED=ON \
    -D ZSTD_ZLIB_SUPPORT=ON \
    -D ZSTD_LZMA_SUPPORT=ON \
    -D ZSTD_LZ4_SUPPORT=ON \
    ../build/cmake
}

phase_build() {
cd "$work"/src/cmake-build
ninja
}

phase_install() {
cd "$work"/src/cmake-build
# CMake passes over what it finds as it would make it, such as the host's copy: an artifact needs all of it.
CMAKE_INSTALL_ALWAYS=1 ninja install
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
functions) cd "$work"/src/cmake-build 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

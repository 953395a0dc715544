#!/bin/bash
# zlib 1.3.1: Compression library with the deflate algorithm
# Written by lfsgen from specs/base/zlib.yaml: change that file, not this one.
#
# usage: zlib.sh PHASE, with PHASE one of: prepare configure build check install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb  zlib_1.3.dfsg+really1.3.1.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/zlib_1.3.dfsg+really1.3.1.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
./configure --prefix=/usr --libdir=/usr/lib/x86_64-linux-gnu --includedir=/usr/include/x86_64-linux-gnu
}

phase_build() {
cd "$work"/src
make
}

phase_check() {
cd "$work"/src

# specs/base/zlib.yaml: phases.check
make check
}

phase_install() {
cd "$work"/src
make install LDCONFIG=true

# specs/base/zlib.yaml: phases.install.after
rm -f /usr/lib/x86_64-linux-gnu/libz.a
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

#!/bin/bash
# bzip2 1.0.8: Compression program and library with the Burrows-Wheeler transform
# Written by lfsgen from specs/base/bzip2.yaml: change that file, not this one.
#
# usage: bzip2.sh PHASE, with PHASE one of: prepare build check install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269  bzip2-1.0.8.tar.gz

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
tar --no-same-owner -xf "$sources"/bzip2-1.0.8.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_build() {
cd "$work"/src

# specs/base/bzip2.yaml: phases.build
# Objects for the shared library and for the program have the same names, so one is made after the other.
make -f Makefile-libbz2_so
make clean
make bzip2 bzip2recover
}

phase_check() {
cd "$work"/src

# specs/base/bzip2.yaml: phases.check
make check
}

phase_install() {
cd "$work"/src

# specs/base/bzip2.yaml: phases.install
# The makefile installs the static program and library; LFS wants the shared ones.
install -m755 bzip2-shared /usr/bin/bzip2
install -m755 bzip2recover bzgrep bzmore bzdiff /usr/bin
ln -sf bzip2 /usr/bin/bunzip2
ln -sf bzip2 /usr/bin/bzcat
install -m755 libbz2.so.1.0.8 /usr/lib/x86_64-linux-gnu
ln -sf libbz2.so.1.0.8 /usr/lib/x86_64-linux-gnu/libbz2.so.1.0
ln -sf libbz2.so.1.0.8 /usr/lib/x86_64-linux-gnu/libbz2.so.1
ln -sf libbz2.so.1.0.8 /usr/lib/x86_64-linux-gnu/libbz2.so
install -m644 bzlib.h /usr/include/x86_64-linux-gnu
install -m644 bzip2.1 /usr/share/man/man1
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare build check install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
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

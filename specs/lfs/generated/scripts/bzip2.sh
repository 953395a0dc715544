#!/bin/bash
# bzip2 1.0.8: Compression program and library with the Burrows-Wheeler transform (LFS 8.7)
# Written by lfsgen from packages/system/bzip2.yaml: change that file, not this one.
#
# usage: bzip2.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269  bzip2_1.0.8.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/bzip2_1.0.8.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/bzip2.yaml: phases.prepare.after
# Links beside what they lead to, and manual pages where programs look for them.
sed -i 's@\(ln -s -f \)$(PREFIX)/bin/@\1@' Makefile
sed -i 's@(PREFIX)/man@(PREFIX)/share/man@g' Makefile
}

phase_build() {
cd "$work"/src

# packages/system/bzip2.yaml: phases.build
# Objects for the shared library and for the program have the same names, so one is made after the other.
make -f Makefile-libbz2_so
make clean
make bzip2 bzip2recover libbz2.a
}

phase_install() {
cd "$work"/src
make install PREFIX=/usr

# packages/system/bzip2.yaml: phases.install.after
cp -d libbz2.so.* /usr/lib
ln -s libbz2.so.1.0.8 /usr/lib/libbz2.so
ln -s libbz2.so.1.0.8 /usr/lib/libbz2.so.1
# The program with the shared library takes the place of the other one and of its two copies.
cp bzip2-shared /usr/bin/bzip2
ln -sf bzip2 /usr/bin/bzcat
ln -sf bzip2 /usr/bin/bunzip2
rm /usr/lib/libbz2.a
mkdir -p /usr/share/doc/bzip2-1.0.8
install -m644 manual.html manual.pdf manual.ps bzip2.txt /usr/share/doc/bzip2-1.0.8
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

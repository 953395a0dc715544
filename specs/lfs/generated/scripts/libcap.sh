#!/bin/bash
# libcap 2.75: Programs and library for the capabilities of processes (LFS 8.26)
# Written by lfsgen from packages/system/libcap.yaml: change that file, not this one.
#
# usage: libcap.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   de4e7e064c9ba451d5234dd46e897d7c71c96a9ebf9a0c445bc04f4742d83632  libcap2_2.75.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/libcap2_2.75.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/libcap.yaml: phases.prepare.after
# Neither static libraries, nor the loader's cache, which belongs to the system and not to a package.
sed -i -e '/install -m.*STA/d' -e '/\/sbin\/ldconfig/d' libcap/Makefile
}

phase_build() {
cd "$work"/src
make prefix=/usr lib=lib
}

phase_install() {
cd "$work"/src
make install prefix=/usr lib=lib
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

#!/bin/bash
# readline 8.2: Library for editing and remembering lines that are typed
# Written by lfsgen from specs/base/readline.yaml: change that file, not this one.
#
# usage: readline.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   3feb7171f16a84ee82ca18a36d7b9be109a52c04f492a053331d7d1095007c35  readline_8.2.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/readline_8.2.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# specs/base/readline.yaml: phases.prepare.after
# The makefile would keep the library that it finds, which is the machine's own, under another name.
sed -i '/MV.*old/d' Makefile.in
sed -i '/{OLDSUFF}/c:' support/shlib-install
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --libdir=/usr/lib/x86_64-linux-gnu \
    --includedir=/usr/include/x86_64-linux-gnu \
    --disable-static \
    --disable-install-examples \
    --with-curses
}

phase_build() {
cd "$work"/src
make SHLIB_LIBS=-lncursesw
}

phase_install() {
cd "$work"/src
make install SHLIB_LIBS=-lncursesw
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

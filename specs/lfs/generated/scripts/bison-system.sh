#!/bin/bash
# bison-system 3.8.2: Parser generator (LFS 8.34)
# Written by lfsgen from packages/system/bison-system.yaml: change that file, not this one.
#
# usage: bison-system.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   dff8a3c96dd34121828f62a7fa49e1f7765815b89e59f564e8d2a9e71c177be5  bison_3.8.2+dfsg.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/bison_3.8.2+dfsg.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/chroot/bison.yaml: phases.prepare.after
# Examples are made from the manual: an older, empty one leaves those that are there. It is not built itself.
test -e doc/bison.texi || touch -d 2000-01-01 doc/bison.texi
sed -i -e '/^INFO_DEPS = /s/=.*/=/' -e 's/^all-local: .*info\.bak$/all-local:/' Makefile.in
}

phase_configure() {
cd "$work"/src
./configure --prefix=/usr --docdir=/usr/share/doc/bison-3.8.2
}

phase_build() {
cd "$work"/src
make MAKEINFO=true
}

phase_install() {
cd "$work"/src
make install MAKEINFO=true
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

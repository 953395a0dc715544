#!/bin/bash
# iproute2 6.1.0: Programs for networks (LFS 8.66)
# Written by lfsgen from packages/system/iproute2.yaml: change that file, not this one.
#
# usage: iproute2.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   5ce12a0fec6b212725ef218735941b2dab76244db7e72646a76021b0537b43ab  iproute2_6.1.0.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/iproute2_6.1.0.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/iproute2.yaml: phases.prepare.after
# A program that needs Berkeley DB, which is not here.
sed -i '/ARPD/d' Makefile
rm man/man8/arpd.8
}

phase_build() {
cd "$work"/src
make NETNS_RUN_DIR=/run/netns
}

phase_install() {
cd "$work"/src
make install SBINDIR=/usr/sbin

# packages/system/iproute2.yaml: phases.install.after
mkdir -p /usr/share/doc/iproute2-6.1.0
install -m644 COPYING README* /usr/share/doc/iproute2-6.1.0
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

#!/bin/bash
# meson 1.7.0: Build system that writes files for Ninja
# Written by lfsgen from specs/base/meson.yaml: change that file, not this one.
#
# usage: meson.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   08efbe84803eed07f863b05092d653a9d348f7038761d900412fddf56deb0284  meson-1.7.0.tar.gz

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
tar --no-same-owner -xf "$sources"/meson-1.7.0.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_build() {
cd "$work"/src
pip3 wheel --no-cache-dir --no-build-isolation --no-deps --no-index -w dist .
}

phase_install() {
cd "$work"/src
# A step's root is not the machine: pip may install into it whatever a distribution says of its own Python (PEP 668), and
# removes nothing that lies there.
PIP_BREAK_SYSTEM_PACKAGES=1 PIP_IGNORE_INSTALLED=1 PIP_ROOT_USER_ACTION=ignore \
    pip3 install --no-cache-dir --no-deps --no-index dist/*.whl
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

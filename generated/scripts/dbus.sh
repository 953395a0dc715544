#!/bin/bash
# dbus 1.16.2: Bus over which programs send each other messages
# Written by lfsgen from specs/base/dbus.yaml: change that file, not this one.
#
# usage: dbus.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   0ba2a1a4b16afe7bceb2c07e9ce99a8c2c3508e5dec290dbb643384bd6beb7e2  dbus_1.16.2.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/dbus_1.16.2.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
meson setup .. \
    --prefix=/usr \
    --libdir=/usr/lib/x86_64-linux-gnu \
    --includedir=/usr/include/x86_64-linux-gnu \
    --sysconfdir=/etc \
    --localstatedir=/var \
    --buildtype=release \
    --wrap-mode=nodownload \
    -Dtraditional_activation=false \
    -Dapparmor=disabled \
    -Dselinux=disabled \
    -Dlibaudit=disabled \
    -Dsystemd=disabled \
    -Dx11_autolaunch=disabled \
    -Dmodular_tests=disabled \
    -Ddoxygen_docs=disabled \
    -Dducktype_docs=disabled \
    -Dqt_help=disabled \
    -Dxml_docs=disabled
}

phase_build() {
cd "$work"/src/build
ninja
}

phase_install() {
cd "$work"/src/build
ninja install
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
functions) cd "$work"/src/build 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

#!/bin/bash
# man-db 2.13.1: Reader of manual pages (LFS 8.77)
# Written by lfsgen from packages/system/man-db.yaml: change that file, not this one.
#
# usage: man-db.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   8afebb6f7eb6bb8542929458841f5c7e6f240e30c86358c1fbcefbea076c87d9  man-db_2.13.1.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/man-db_2.13.1.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --docdir=/usr/share/doc/man-db-2.13.1 \
    --sysconfdir=/etc \
    --disable-setuid \
    --enable-cache-owner=bin \
    --with-browser=/usr/bin/lynx \
    --with-vgrind=/usr/bin/vgrind \
    --with-grap=/usr/bin/grap \
    --with-systemdtmpfilesdir= \
    --with-systemdsystemunitdir=
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/man-db.yaml: phases.install.after
rm /usr/lib/man-db/libman.la /usr/lib/man-db/libmandb.la
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

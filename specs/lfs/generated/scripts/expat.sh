#!/bin/bash
# expat 2.8.3: XML parser that calls back (LFS 8.40)
# Written by lfsgen from packages/system/expat.yaml: change that file, not this one.
#
# usage: expat.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   533659a16e0184035a99fd8e783f1ad61a887a7bf8586a8681740b9d7ed42389  expat_2.8.3.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/expat_2.8.3.orig.tar.gz -C unpack
mv unpack/libexpat-R_2_8_3/expat src
cd src
}

phase_configure() {
cd "$work"/src

# packages/system/expat.yaml: phases.configure.before
autoreconf -i

./configure \
    --prefix=/usr \
    --disable-static \
    --without-docbook \
    --docdir=/usr/share/doc/expat-2.8.3
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/expat.yaml: phases.install.after
install -Dm644 -t /usr/share/doc/expat-2.8.3 doc/*.html doc/*.css
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

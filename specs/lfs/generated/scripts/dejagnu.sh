#!/bin/bash
# dejagnu 1.6.3: Frame for test suites of programs (LFS 8.18)
# Written by lfsgen from packages/system/dejagnu.yaml: change that file, not this one.
#
# usage: dejagnu.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   87daefacd7958b4a69f88c6856dbd1634261963c414079d0c371f589cd66a2e3  dejagnu_1.6.3.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/dejagnu_1.6.3.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
../configure --prefix=/usr
}

phase_build() {
cd "$work"/src/build
make

# packages/system/dejagnu.yaml: phases.build.after
mkdir -p doc
makeinfo --html --no-split -o doc/dejagnu.html ../doc/dejagnu.texi
makeinfo --plaintext -o doc/dejagnu.txt ../doc/dejagnu.texi
}

phase_install() {
cd "$work"/src/build
make install

# packages/system/dejagnu.yaml: phases.install.after
mkdir -p /usr/share/doc/dejagnu-1.6.3
install -m644 doc/dejagnu.html doc/dejagnu.txt /usr/share/doc/dejagnu-1.6.3
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

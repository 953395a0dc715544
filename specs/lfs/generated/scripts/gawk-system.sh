#!/bin/bash
# gawk-system 5.3.2: The language awk (LFS 8.61)
# Written by lfsgen from packages/system/gawk-system.yaml: change that file, not this one.
#
# usage: gawk-system.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   3b2a95bc6de68e2dc833ce547e366d62001274f8b892c6424f34f70d321cda70  gawk_5.3.2.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/gawk_5.3.2.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/temporary/gawk.yaml: phases.prepare.after
# Neither what else there is (LFS), nor the manual, which Debian has taken out, and the library of examples, which is
# made from the manual.
sed -i '/^SUBDIRS/s/ extras doc awklib / /' Makefile.in
}

phase_configure() {
cd "$work"/src
./configure --prefix=/usr
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src

# packages/system/gawk-system.yaml: phases.install.before
rm -f /usr/bin/gawk-5.3.2

make install

# packages/system/gawk-system.yaml: phases.install.after
# Of the folder with the manual, which is not built, the pages are there.
mkdir -p /usr/share/man/man1
install -m644 doc/gawk.1 doc/gawkbug.1 doc/pm-gawk.1 /usr/share/man/man1
ln -s gawk.1 /usr/share/man/man1/awk.1
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

#!/bin/bash
# xml-parser 2.47: Perl's interface to Expat
# Written by lfsgen from specs/base/xml-parser.yaml: change that file, not this one.
#
# usage: xml-parser.sh PHASE, with PHASE one of: prepare configure build check install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   ad4aae643ec784f489b956abe952432871a622d4e2b5c619e8855accbfc4d1d8  libxml-parser-perl_2.47.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/libxml-parser-perl_2.47.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
perl Makefile.PL INSTALLDIRS=vendor EXPATLIBPATH=/usr/lib/x86_64-linux-gnu EXPATINCPATH=/usr/include/x86_64-linux-gnu
}

phase_build() {
cd "$work"/src
make
}

phase_check() {
cd "$work"/src

# specs/base/xml-parser.yaml: phases.check
make test
}

phase_install() {
cd "$work"/src
make install
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare configure build check install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
configure) phase_configure ;;
build) phase_build ;;
check) phase_check ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

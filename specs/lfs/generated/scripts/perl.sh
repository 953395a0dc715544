#!/bin/bash
# perl 5.40.1: The language Perl (LFS 7.9)
# Written by lfsgen from packages/chroot/perl.yaml: change that file, not this one.
#
# usage: perl.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   dfa20c2eef2b4af133525610bbb65dd13777ecf998c9c5b1ccf0d308e732ee3f  perl_5.40.1.orig.tar.xz

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

export HOME=/root
export LC_ALL=POSIX
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/perl_5.40.1.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/chroot/perl.yaml: phases.configure
# Configure writes down when it ran; what stands in this file comes after what it found.
echo "cf_time='$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH")'" > config.over
sh Configure -des \
    -D prefix=/usr \
    -D vendorprefix=/usr \
    -D useshrplib \
    -D privlib=/usr/lib/perl5/5.40/core_perl \
    -D archlib=/usr/lib/perl5/5.40/core_perl \
    -D sitelib=/usr/lib/perl5/5.40/site_perl \
    -D sitearch=/usr/lib/perl5/5.40/site_perl \
    -D vendorlib=/usr/lib/perl5/5.40/vendor_perl \
    -D vendorarch=/usr/lib/perl5/5.40/vendor_perl
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install
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

#!/bin/bash
# mpc 1.3.1: Arithmetic of complex numbers with many digits and exact rounding
# Written by lfsgen from specs/base/mpc.yaml: change that file, not this one.
#
# usage: mpc.sh PHASE, with PHASE one of: prepare configure build check install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   ab642492f5cf882b74aa0cb730cd410a81edcdbec895183ce930e706c1c759b8  mpc-1.3.1.tar.gz

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
tar --no-same-owner -xf "$sources"/mpc-1.3.1.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --libdir=/usr/lib/x86_64-linux-gnu \
    --includedir=/usr/include/x86_64-linux-gnu \
    --disable-static \
    --disable-dependency-tracking
}

phase_build() {
cd "$work"/src
make
}

phase_check() {
cd "$work"/src

# specs/base/mpc.yaml: phases.check
# Headers, linker and loader have to agree on the GMP and MPFR that were declared; the machine has its own, too.
cat > versions.c <<'END'
#include <stdio.h>
#include <mpc.h>
int main(void)
{
    printf("compiled with gmp %d.%d.%d and mpfr %s\n", __GNU_MP_VERSION,
           __GNU_MP_VERSION_MINOR, __GNU_MP_VERSION_PATCHLEVEL, MPFR_VERSION_STRING);
    printf("running with gmp %s and mpfr %s\n", gmp_version, mpfr_get_version());
    return 0;
}
END
gcc -I src -o versions versions.c src/.libs/libmpc.so -lmpfr -lgmp
LD_LIBRARY_PATH=src/.libs ./versions | tee versions.txt
grep -q '^compiled with gmp 6.3.0 and mpfr 4.2.2$' versions.txt
grep -q '^running with gmp 6.3.0 and mpfr 4.2.2$' versions.txt
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

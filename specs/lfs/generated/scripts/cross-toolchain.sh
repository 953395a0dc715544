#!/bin/bash
# cross-toolchain 12.3: All of chapter 5, and its sanity checks
# Written by lfsgen from packages/cross/cross-toolchain.yaml: change that file, not this one.
#
# usage: cross-toolchain.sh PHASE, with PHASE one of: prepare check install

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

export CONFIG_SITE=/mnt/lfs/usr/share/config.site
export LC_ALL=POSIX
export LFS=/mnt/lfs
export LFS_TGT=x86_64-lfs-linux-gnu
export PATH=/mnt/lfs/tools/bin:/usr/bin:/bin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir src
cd src
}

phase_check() {
cd "$work"/src

# packages/cross/cross-toolchain.yaml: phases.check
echo 'int main(void) { return 0; }' > dummy.c
x86_64-lfs-linux-gnu-gcc dummy.c -v -Wl,--verbose > log 2>&1
readelf -l a.out > headers
grep 'Requesting program interpreter: /lib.*/ld-linux' headers
grep -E -o "/mnt/lfs/lib.*/S?crt[1in].*succeeded" log
grep -B3 "^ /mnt/lfs/usr/include" log
grep 'SEARCH.*/usr/lib' log
grep "/lib.*/libc.so.6 " log
grep "found ld-linux.* at /mnt/lfs/usr/lib/ld-linux" log
echo '#include <vector>
int main() { return std::vector<int>(3).size() - 3; }' > dummy.cc
x86_64-lfs-linux-gnu-g++ dummy.cc
}

phase_install() {
cd "$work"/src
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare check install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
check) phase_check ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

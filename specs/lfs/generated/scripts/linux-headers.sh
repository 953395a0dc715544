#!/bin/bash
# linux-headers 6.12.107: What the kernel offers to programs (LFS 5.4)
# Written by lfsgen from packages/cross/linux-headers.yaml: change that file, not this one.
#
# usage: linux-headers.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   efc76d3c78a5d65f42724118c437d11db1c9f6309a5f024ee9a8b1978fdc6919  linux_6.12.107.orig.tar.xz

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

# packages/cross/linux-headers.yaml: phases.prepare
mkdir src
tar --no-same-owner -xf "$sources"/linux_6.12.107.orig.tar.xz -C src --strip-components=1 --wildcards \
    --no-wildcards-match-slash 'linux-*/Makefile' 'linux-*/Kbuild' 'linux-*/include' 'linux-*/scripts' 'linux-*/usr' \
    'linux-*/tools/include' 'linux-*/arch/*/include' 'linux-*/arch/*/entry/syscalls' 'linux-*/arch/*/tools' \
    'linux-*/arch/*/Makefile*' 'linux-*/arch/*/kernel/Makefile.syscalls'

mkdir -p "$work"/src
}

phase_build() {
cd "$work"/src

# packages/cross/linux-headers.yaml: phases.build
case x86_64 in
aarch64) arch=arm64 ;;
i686) arch=i386 ;;
riscv64) arch=riscv ;;
*) arch=x86_64 ;;
esac
make ARCH=$arch headers
find usr/include -type f ! -name '*.h' -delete
}

phase_install() {
cd "$work"/src

# packages/cross/linux-headers.yaml: phases.install
mkdir -p "$LFS"/usr
cp -r usr/include "$LFS"/usr
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

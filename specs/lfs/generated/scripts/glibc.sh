#!/bin/bash
# glibc 2.41: The C library (LFS 5.5)
# Written by lfsgen from packages/cross/glibc.yaml: change that file, not this one.
#
# usage: glibc.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   f24aa441021121a79266f0d75242706cab8843a47901fefe74527491807f1998  glibc_2.41.orig.tar.xz

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
export MAKEINFO=true
export PATH=/mnt/lfs/tools/bin:/usr/bin:/bin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/glibc_2.41.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/cross/glibc.yaml: phases.prepare.after
# The manual is not there to be built.
sed -i '/^all-subdirs = /,/[^\\]$/s/ manual / /' Makeconfig

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build

# packages/cross/glibc.yaml: phases.configure.before
echo "rootsbindir=/usr/sbin" > configparms

../configure \
    --prefix=/usr \
    --host=x86_64-lfs-linux-gnu \
    --build=x86_64-pc-linux-gnu \
    --enable-kernel=5.4 \
    --with-headers=/mnt/lfs/usr/include \
    --disable-nscd \
    libc_cv_slibdir=/usr/lib
}

phase_build() {
cd "$work"/src/build
make
}

phase_install() {
cd "$work"/src/build
make install DESTDIR=/mnt/lfs

# packages/cross/glibc.yaml: phases.install.after
sed '/RTLDLIST=/s@/usr@@g' -i "$LFS"/usr/bin/ldd
case x86_64 in
x86_64)
    # Where programs of other distributions look for the loader.
    ln -s ../lib/ld-linux-x86-64.so.2 "$LFS"/lib64
    ln -s ../lib/ld-linux-x86-64.so.2 "$LFS"/lib64/ld-lsb-x86-64.so.3
    ;;
esac
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

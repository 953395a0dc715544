#!/bin/bash
# e2fsprogs 1.47.2: Programs for the file systems ext2, ext3 and ext4 (LFS 8.80)
# Written by lfsgen from packages/system/e2fsprogs.yaml: change that file, not this one.
#
# usage: e2fsprogs.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   6dcd67ff9d8b13274ba3f088e4318be4f5b71412cd863524423fc49d39a6371f  e2fsprogs_1.47.2.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/e2fsprogs_1.47.2.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
../configure \
    --prefix=/usr \
    --sysconfdir=/etc \
    --enable-elf-shlibs \
    --disable-libblkid \
    --disable-libuuid \
    --disable-uuidd \
    --disable-fsck
}

phase_build() {
cd "$work"/src/build
make
}

phase_install() {
cd "$work"/src/build
make install LDCONFIG=true

# packages/system/e2fsprogs.yaml: phases.install.after
# The libraries that are not shared are of no use.
rm /usr/lib/lib{com_err,e2p,ext2fs,ss}.a
# One manual comes packed, the other is not installed at all.
gunzip /usr/share/info/libext2fs.info.gz
makeinfo -o doc/com_err.info ../lib/et/com_err.texinfo
install -m644 doc/com_err.info /usr/share/info
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

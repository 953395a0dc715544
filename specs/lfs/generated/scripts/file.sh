#!/bin/bash
# file 5.46: Program that knows what a file is (LFS 6.7)
# Written by lfsgen from packages/temporary/file.yaml: change that file, not this one.
#
# usage: file.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   c9cc77c7c560c543135edc555af609d5619dbef011997e988ce40a3d75d86088  file_5.46.orig.tar.gz

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
mkdir unpack
tar --no-same-owner -xf "$sources"/file_5.46.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/temporary/file.yaml: phases.configure.before
# A program of this version that runs here, to compile the signatures with.
mkdir host
cd host
../configure --disable-bzlib --disable-libseccomp --disable-xzlib --disable-zlib
make
cd ..

./configure --prefix=/usr --host=x86_64-lfs-linux-gnu --build=x86_64-pc-linux-gnu
}

phase_build() {
cd "$work"/src
make FILE_COMPILE=/lfsgen/work/src/host/src/file
}

phase_install() {
cd "$work"/src
make install DESTDIR=/mnt/lfs

# packages/temporary/file.yaml: phases.install.after
rm "$LFS"/usr/lib/libmagic.la
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

#!/bin/bash
# ncurses 6.5-20250216: Library for screens of characters (LFS 6.3)
# Written by lfsgen from packages/temporary/ncurses.yaml: change that file, not this one.
#
# usage: ncurses.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   b37baafa436e7133bb12a185cb8f60e1599b1947e9f0181c76f3190acf28b6eb  ncurses_6.5+20250216.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/ncurses_6.5+20250216.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/temporary/ncurses.yaml: phases.configure.before
# A tic that runs here, to compile the descriptions of terminals with.
mkdir host
cd host
../configure AWK=gawk
make -C include
make -C progs tic
cd ..

./configure \
    --prefix=/usr \
    --host=x86_64-lfs-linux-gnu \
    --build=x86_64-pc-linux-gnu \
    --mandir=/usr/share/man \
    --with-manpage-format=normal \
    --with-shared \
    --without-normal \
    --with-cxx-shared \
    --without-debug \
    --without-ada \
    --disable-stripping \
    AWK=gawk
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install DESTDIR=/mnt/lfs TIC_PATH=/lfsgen/work/src/host/progs/tic

# packages/temporary/ncurses.yaml: phases.install.after
ln -s libncursesw.so "$LFS"/usr/lib/libncurses.so
# The wide characters' declarations, always.
sed -e 's/^#if.*XOPEN.*$/#if 1/' -i "$LFS"/usr/include/curses.h
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

#!/bin/bash
# ncurses-system 6.5-20250216: Library for screens of characters (LFS 8.30)
# Written by lfsgen from packages/system/ncurses-system.yaml: change that file, not this one.
#
# usage: ncurses-system.sh PHASE, with PHASE one of: prepare configure build install
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
tar --no-same-owner -xf "$sources"/ncurses_6.5+20250216.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --mandir=/usr/share/man \
    --with-shared \
    --without-debug \
    --without-normal \
    --with-cxx-shared \
    --enable-pc-files \
    --with-pkg-config-libdir=/usr/lib/pkgconfig
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install DESTDIR=/lfsgen/work/dest

# packages/system/ncurses-system.yaml: phases.install.after
# The wide characters' declarations, always.
sed -e 's/^#if.*XOPEN.*$/#if 1/' -i "$work"/dest/usr/include/curses.h
# Each file in place of the one there, never into it: the shell has the library open.
cp -a --remove-destination "$work"/dest/usr/. /usr
# Whoever asks for narrow characters gets wide ones.
for name in ncurses form panel menu; do
    ln -sf lib${name}w.so /usr/lib/lib$name.so
    ln -sf ${name}w.pc /usr/lib/pkgconfig/$name.pc
done
ln -sf libncursesw.so /usr/lib/libcurses.so
cp -R doc -T /usr/share/doc/ncurses-6.5-20250216
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

#!/bin/bash
# readline 8.2: Library for editing and remembering lines that are typed (LFS 8.12)
# Written by lfsgen from packages/system/readline.yaml: change that file, not this one.
#
# usage: readline.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   3feb7171f16a84ee82ca18a36d7b9be109a52c04f492a053331d7d1095007c35  readline_8.2.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/readline_8.2.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/readline.yaml: phases.prepare.after
# No copies of libraries that are there already, under another name.
sed -i '/MV.*old/d' Makefile.in
sed -i '/{OLDSUFF}/c:' support/shlib-install
# No path to libraries that are looked for there anyway.
sed -i 's/-Wl,-rpath,[^ ]*//' support/shobj-conf
# The directory of manuals is the system's, not a package's.
sed -i "s/'install-info --version'/false/" doc/Makefile.in
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --disable-static \
    --with-curses \
    --docdir=/usr/share/doc/readline-8.2
}

phase_build() {
cd "$work"/src
make SHLIB_LIBS=-lncursesw
}

phase_install() {
cd "$work"/src
make install SHLIB_LIBS=-lncursesw

# packages/system/readline.yaml: phases.install.after
install -m644 doc/*.{ps,pdf,html,dvi} /usr/share/doc/readline-8.2
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

#!/bin/bash
# bash-system 5.2.37: The shell (LFS 8.36)
# Written by lfsgen from packages/system/bash-system.yaml: change that file, not this one.
#
# usage: bash-system.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   370704c9c859f4060b7df19055e43bb9b5fa09d887699cf6ba87885c5485d36a  bash_5.2.37.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/bash_5.2.37.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/bash-system.yaml: phases.prepare.after
sed -i "s/'install-info --version'/false/" doc/Makefile.in
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --without-bash-malloc \
    --with-installed-readline \
    --docdir=/usr/share/doc/bash-5.2.37
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/bash-system.yaml: phases.install.after
ln -sf bash /usr/bin/sh
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

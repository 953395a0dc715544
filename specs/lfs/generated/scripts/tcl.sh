#!/bin/bash
# tcl 8.6.16: The language Tcl, for test suites (LFS 8.16)
# Written by lfsgen from packages/system/tcl.yaml: change that file, not this one.
#
# usage: tcl.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   c3b6a803ea2e55cafa8b4b52546a6b3bb3722927dcf4bebe3a6549fd353702ea  tcl8.6_8.6.16+dfsg.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/tcl8.6_8.6.16+dfsg.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
mkdir -p "$work"/src/unix
}

phase_configure() {
cd "$work"/src/unix

# packages/system/tcl.yaml: phases.configure
./configure --prefix=/usr --mandir=/usr/share/man --disable-rpath
}

phase_build() {
cd "$work"/src/unix
make

# packages/system/tcl.yaml: phases.build.after
# What it tells others: where things are once they are installed, not where they were built.
sed -e "s|$work/src/unix|/usr/lib|" -e "s|$work/src|/usr/include|" -i tclConfig.sh
}

phase_install() {
cd "$work"/src/unix
make install

# packages/system/tcl.yaml: phases.install.after
chmod u+w /usr/lib/libtcl8.6.so
make install-private-headers
ln -s tclsh8.6 /usr/bin/tclsh
# Perl has a page of that name.
mv /usr/share/man/man3/Thread.3 /usr/share/man/man3/Tcl_Thread.3
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
functions) cd "$work"/src/unix 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

#!/bin/bash
# inetutils 2.6: Basic programs for networks (LFS 8.41)
# Written by lfsgen from packages/system/inetutils.yaml: change that file, not this one.
#
# usage: inetutils.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   68bedbfeaf73f7d86be2a7d99bcfbd4093d829f52770893919ae174c0b2357ca  inetutils_2.6.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/inetutils_2.6.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/inetutils.yaml: phases.prepare.after
sed -i 's/def HAVE_TERMCAP_TGETENT/ 1/' telnet/telnet.c
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --bindir=/usr/bin \
    --localstatedir=/var \
    --disable-logger \
    --disable-whois \
    --disable-rcp \
    --disable-rexec \
    --disable-rlogin \
    --disable-rsh \
    --disable-servers
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/inetutils.yaml: phases.install.after
mv /usr/bin/ifconfig /usr/sbin
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

#!/bin/bash
# openssl 3.5.7: Programs and libraries for encryption (LFS 8.48)
# Written by lfsgen from packages/system/openssl.yaml: change that file, not this one.
#
# usage: openssl.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8  openssl_3.5.7.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/openssl_3.5.7.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/system/openssl.yaml: phases.configure
./config --prefix=/usr --openssldir=/etc/ssl --libdir=lib shared zlib-dynamic
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src

# packages/system/openssl.yaml: phases.install.before
sed -i '/INSTALL_LIBS/s/libcrypto.a libssl.a//' Makefile

make install MANSUFFIX=ssl

# packages/system/openssl.yaml: phases.install.after
mv /usr/share/doc/openssl /usr/share/doc/openssl-3.5.7
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

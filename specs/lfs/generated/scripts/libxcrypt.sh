#!/bin/bash
# libxcrypt 4.4.38: Library for the hashes of passwords (LFS 8.27)
# Written by lfsgen from packages/system/libxcrypt.yaml: change that file, not this one.
#
# usage: libxcrypt.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   6a275a356622c64ba9f693892215dbb399c003a7a4afeed9c4c74070eaab20f4  libxcrypt_4.4.38.orig.tar.xz
#   ba885c1319578d6c94d46e9b0dceb4014caafe2490e437a0dbca3f270a223f5a  autoconf_2.72.orig.tar.xz
#   8920c1fc411e13b90bf704ef9db6f29d540e76d232cb3b2c9f4dc4cc599bd990  automake-1.17_1.17.orig.tar.xz
#   d9189031edeaa6aa74695b2aeb80a8c26df50b29d8b72c991667e01adecea42c  libtool_2.5.4.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/libxcrypt_4.4.38.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
tar --no-same-owner -xf "$sources"/autoconf_2.72.orig.tar.xz -C .
tar --no-same-owner -xf "$sources"/automake-1.17_1.17.orig.tar.xz -C .
tar --no-same-owner -xf "$sources"/libtool_2.5.4.orig.tar.xz -C .
cd src
}

phase_configure() {
cd "$work"/src

# packages/system/libxcrypt.yaml: phases.configure.before
export PATH="$work/tools/bin:$PATH"
for tool in autoconf automake libtool; do
    cd "$work"/$tool-*
    ./configure --prefix="$work"/tools MAKEINFO=true
    make MAKEINFO=true
    make MAKEINFO=true install
done
cd "$work"/src
# With the macros of pkgconf, which say where libcrypt.pc goes.
ACLOCAL_PATH=/usr/share/aclocal autoreconf -fi

./configure \
    --prefix=/usr \
    --enable-hashes=strong,glibc \
    --enable-obsolete-api=no \
    --disable-static \
    --disable-failure-tokens
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/libxcrypt.yaml: phases.install.after
rm /usr/lib/libcrypt.la
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

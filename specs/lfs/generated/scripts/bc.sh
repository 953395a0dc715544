#!/bin/bash
# bc 1.07.1: Calculator with as many digits as wanted (LFS 8.14)
# Written by lfsgen from packages/system/bc.yaml: change that file, not this one.
#
# usage: bc.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   62adfca89b0a1c0164c2cdca59ca210c1d44c3ffc46daf9931cf4942664cb02a  bc_1.07.1.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/bc_1.07.1.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/bc.yaml: phases.prepare.after
# It turns the library of functions into C with ed, which LFS does not have; sed does the same.
cat > bc/fix-libmath_h <<'END'
sed -i -e '1s/^/{"/' -e '2,$s/^/"/' -e 's/$/",/' -e '$d' libmath.h
sed -i '$s/,$/,0}/' libmath.h
END
}

phase_configure() {
cd "$work"/src
./configure \
    --prefix=/usr \
    --with-readline \
    --mandir=/usr/share/man \
    --infodir=/usr/share/info
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install
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

#!/bin/bash
# tzdata 2026c: Time zones (LFS 8.5.2.2)
# Written by lfsgen from packages/system/tzdata.yaml: change that file, not this one.
#
# usage: tzdata.sh PHASE, with PHASE one of: prepare install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   e4a178a4477f3d0ea77cc31828ff72aa38feff8d61aa13e7e99e142e9d902be4  tzdata_2026c.orig.tar.gz

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
mkdir src
tar --no-same-owner -xf "$sources"/tzdata_2026c.orig.tar.gz -C src
cd src
}

phase_install() {
cd "$work"/src

# packages/system/tzdata.yaml: phases.install
zones=/usr/share/zoneinfo
mkdir -p $zones/posix $zones/right
for region in etcetera southamerica northamerica europe africa antarctica asia australasia backward; do
    zic -L /dev/null -d $zones $region
    zic -L /dev/null -d $zones/posix $region
    zic -L leapseconds -d $zones/right $region
done
install -m644 zone.tab zone1970.tab iso3166.tab $zones
# Whose rules count where a description of a time zone names none.
zic -d $zones -p America/New_York
# Whoever uses the system says where it is; until then it is nowhere.
ln -s ../usr/share/zoneinfo/Etc/UTC /etc/localtime
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

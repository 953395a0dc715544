#!/bin/bash
# cleanup 12.3: What is not needed any more goes, and the result is looked at (LFS 7.13)
# Written by lfsgen from packages/chroot/cleanup.yaml: change that file, not this one.
#
# usage: cleanup.sh PHASE, with PHASE one of: prepare install

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

export HOME=/root
export LC_ALL=POSIX
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir src
cd src
}

phase_install() {
cd "$work"/src

# packages/chroot/cleanup.yaml: phases.install
rm -rf /usr/share/info/* /usr/share/man/* /usr/share/doc/*
find /usr/lib /usr/libexec -name '*.la' -delete
rm -rf /tools
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

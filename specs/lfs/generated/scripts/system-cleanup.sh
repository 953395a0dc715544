#!/bin/bash
# system-cleanup 12.3: What was for building alone goes, and the manuals get their index (LFS 8.85)
# Written by lfsgen from packages/system/system-cleanup.yaml: change that file, not this one.
#
# usage: system-cleanup.sh PHASE, with PHASE one of: prepare install

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
cd src
}

phase_install() {
cd "$work"/src

# packages/system/system-cleanup.yaml: phases.install
# The compiler of chapter 6; the one of chapter 8 has another name.
find /usr -depth -name 'x86_64-lfs-linux-gnu*' -exec rm -rf {} +
# Of no use to a linker that knows shared libraries. Texinfo finds parts of itself by them.
find /usr/lib /usr/libexec -name '*.la' ! -path '/usr/lib/texinfo/*' -delete
# The index of all manuals, which belongs to no package that has one.
rm -f /usr/share/info/dir
for manual in /usr/share/info/*.info; do
    install-info --dir-file=/usr/share/info/dir "$manual"
done
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

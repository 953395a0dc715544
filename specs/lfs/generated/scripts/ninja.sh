#!/bin/bash
# ninja 1.12.1: Small build program that other programs write the files of (LFS 8.55)
# Written by lfsgen from packages/system/ninja.yaml: change that file, not this one.
#
# usage: ninja.sh PHASE, with PHASE one of: prepare build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   821bdff48a3f683bc4bb3b6f0b5fe7b2d647cf65d52aeb63328c91a6c6df285a  ninja-build_1.12.1.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/ninja-build_1.12.1.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/ninja.yaml: phases.prepare.after
sed -i '/int GuessParallelism() {/a\
  const char* jobs = getenv("NINJAJOBS");\
  if (jobs != nullptr && atoi(jobs) > 0) return atoi(jobs);' src/ninja.cc
}

phase_build() {
cd "$work"/src

# packages/system/ninja.yaml: phases.build
NINJAJOBS=$jobs python3 configure.py --bootstrap --verbose
}

phase_install() {
cd "$work"/src

# packages/system/ninja.yaml: phases.install
install -Dm755 ninja /usr/bin/ninja
install -Dm644 misc/bash-completion /usr/share/bash-completion/completions/ninja
install -Dm644 misc/zsh-completion /usr/share/zsh/site-functions/_ninja
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare build install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
build) phase_build ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

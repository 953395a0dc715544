#!/bin/bash
# grub 2.12: Boot loader for machines with a BIOS (LFS 8.64)
# Written by lfsgen from packages/system/grub.yaml: change that file, not this one.
#
# usage: grub.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   f3c97391f7c4eaa677a78e090c7e97e6dc47b16f655f04683ebd37bef7fe0faa  grub2_2.12.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/grub2_2.12.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/system/grub.yaml: phases.configure.before
# A list that the archive lacks.
echo 'depends bli part_gpt' > grub-core/extra_deps.lst

./configure \
    --prefix=/usr \
    --sysconfdir=/etc \
    --disable-efiemu \
    --disable-werror
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install

# packages/system/grub.yaml: phases.install.after
# Where bash-completion looks.
mkdir -p /usr/share/bash-completion/completions
mv /etc/bash_completion.d/grub /usr/share/bash-completion/completions
rmdir /etc/bash_completion.d
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

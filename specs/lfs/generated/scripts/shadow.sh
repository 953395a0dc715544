#!/bin/bash
# shadow 4.17.4: Programs for users, groups and passwords (LFS 8.28)
# Written by lfsgen from packages/system/shadow.yaml: change that file, not this one.
#
# usage: shadow.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   554801054694ff7d8a7abdf0d6ece34e2f16e111673cc01b8c9ee1278451181e  shadow_4.17.4.orig.tar.xz

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
tar --no-same-owner -xf "$sources"/shadow_4.17.4.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/shadow.yaml: phases.prepare.after
# Man-pages and Coreutils have better pages of these names. The program groups is not in this version any more.
find man -name Makefile.in -exec sed -i -e 's/groups\.1 / /' -e 's/getspnam\.3 / /' -e 's/passwd\.5 / /' {} +
# How passwords are kept, where mail is, and directories that are one since /bin and /sbin are links.
sed -i -e 's:#ENCRYPT_METHOD DES:ENCRYPT_METHOD YESCRYPT:' \
    -e 's:/var/spool/mail:/var/mail:' \
    -e '/PATH=/{s@/sbin:@@;s@/bin:@@}' etc/login.defs
}

phase_configure() {
cd "$work"/src

# packages/system/shadow.yaml: phases.configure.before
touch /usr/bin/passwd

./configure \
    --sysconfdir=/etc \
    --disable-static \
    --with-bcrypt \
    --with-yescrypt \
    --without-libbsd \
    --with-group-name-max-length=32
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install exec_prefix=/usr

# packages/system/shadow.yaml: phases.install.after
make -C man install-man
rm /usr/lib/libsubid.la
# Passwords go into files that only root reads; there are none yet.
pwconv
grpconv
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
# New users have the group `users` if none of their own, and no mailbox is made for them.
mkdir -p /etc/default
useradd -D --gid 999
sed -i '/MAIL/s/yes/no/' /etc/default/useradd
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

#!/bin/bash
# kbd 2.7.1: Keyboards and fonts of the console (LFS 8.67)
# Written by lfsgen from packages/system/kbd.yaml: change that file, not this one.
#
# usage: kbd.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   1fd74ac647c5ba5b3ebe09a204483544c5f1ef89ff42f37a11eab040cac9595d  kbd_2.7.1.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/kbd_2.7.1.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/kbd.yaml: phases.prepare.after
# The key BackSpace gives character 127 and Delete an escape sequence, on each keyboard of a PC, as the book's patch
# kbd-2.7.1-backspace-1 makes them; only the book's own site has the patch.
grep -rlaE '^\s*keycode\s+(14\s*=\s*BackSpace|111\s*=\s*Delete)' data/keymaps/i386 > keymaps
while read -r keymap; do
    sed -i -E -e '/^\s*keycode\s+14\s*=/s/BackSpace/Delete/g' -e '/^\s*keycode\s+111\s*=/s/Delete/Remove/' "$keymap"
done < keymaps
# Not the program that needs the files of svgalib, nor its page.
sed -i '/RESIZECONS_PROGS=yes/s/yes/no/' configure.ac
sed -i 's/resizecons\.8 //' docs/man/man8/Makefile.am
}

phase_configure() {
cd "$work"/src

# packages/system/kbd.yaml: phases.configure.before
autoreconf --force --install

./configure --prefix=/usr --disable-vlock --disable-tests
}

phase_build() {
cd "$work"/src
make
}

phase_install() {
cd "$work"/src
make install 'COMPRESS=gzip -f -9 -n'

# packages/system/kbd.yaml: phases.install.after
cp -RT docs/doc /usr/share/doc/kbd-2.7.1
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

#!/bin/bash
# udev 257.13: Manager of devices, a part of systemd (LFS 8.76)
# Written by lfsgen from packages/system/udev.yaml: change that file, not this one.
#
# usage: udev.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   1eb7d5f9ff8a426ff880a3cded9ce819613ba8003ac5ddde9eca162f14ddabe7  systemd_257.13.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/systemd_257.13.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/udev.yaml: phases.prepare.after
# Groups that this system does not have.
sed -i -e 's/GROUP="render"/GROUP="video"/' -e 's/GROUP="sgx", //' rules.d/50-udev-default.rules.in
# A rule that needs a program of systemd's.
sed -i '/systemd-sysctl/s/^/#/' rules.d/99-systemd.rules.in
# Where the network's files are if udev stands alone.
sed -i '/NETWORK_DIRS/s/systemd/udev/' src/libsystemd/sd-network/network-util.h

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
meson setup .. \
    --prefix=/usr \
    --buildtype=release \
    -Dmode=release \
    -Ddev-kvm-mode=0660 \
    -Dlink-udev-shared=false \
    -Dlogind=false \
    -Dvconsole=false \
    -Dman=disabled \
    -Dhtml=disabled
}

phase_build() {
cd "$work"/src/build

# packages/system/udev.yaml: phases.build
# Of systemd, udev alone: what meson makes of its own files, its library, and the programs that its rules call.
ninja -n > steps
grep -Eo '(src/(lib)?udev|rules\.d|hwdb\.d)/[^ ]*\.(hwdb|pc|rules)' steps > parts
basename "$(readlink -f libudev.so)" >> parts
sed -n "/udevadm/!s/.*'name' *: *'\(.*\)'.*/\1/p" ../src/udev/meson.build > helpers
cat helpers >> parts
mapfile -t parts < parts
ninja udevadm systemd-hwdb "${parts[@]}"
}

phase_install() {
cd "$work"/src/build

# packages/system/udev.yaml: phases.install
mkdir -p /etc/udev/hwdb.d /etc/udev/network /etc/udev/rules.d
mkdir -p /usr/lib/udev/hwdb.d /usr/lib/udev/network /usr/lib/udev/rules.d /usr/lib/pkgconfig /usr/share/pkgconfig
install -m755 udevadm /usr/bin
install -m755 systemd-hwdb /usr/bin/udev-hwdb
ln -s ../bin/udevadm /usr/sbin/udevd
cp -P libudev.so libudev.so.1 /usr/lib
install -m755 "$(readlink -f libudev.so)" /usr/lib
install -m644 ../src/libudev/libudev.h /usr/include
install -m644 src/libudev/libudev.pc /usr/lib/pkgconfig
install -m644 src/udev/udev.pc /usr/share/pkgconfig
install -m644 ../src/udev/udev.conf /etc/udev
install -m644 rules.d/*.rules ../rules.d/*.rules ../rules.d/README /usr/lib/udev/rules.d
# What the machine's switch does is for logind.
rm /usr/lib/udev/rules.d/70-power-switch.rules
install -m644 hwdb.d/*.hwdb ../hwdb.d/*.hwdb ../hwdb.d/README /usr/lib/udev/hwdb.d
xargs install -m755 -t /usr/lib/udev < helpers
install -m644 ../network/99-default.link /usr/lib/udev/network
udev-hwdb update
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
functions) cd "$work"/src/build 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

#!/bin/bash
# glibc-system 2.41: The C library, with its locales (LFS 8.5)
# Written by lfsgen from packages/system/glibc-system.yaml: change that file, not this one.
#
# usage: glibc-system.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   f24aa441021121a79266f0d75242706cab8843a47901fefe74527491807f1998  glibc_2.41.orig.tar.xz

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
export MAKEINFO=true
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800
export TEXINFO_XS=omit

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/glibc_2.41.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/cross/glibc.yaml: phases.prepare.after
# The manual is not there to be built.
sed -i '/^all-subdirs = /,/[^\\]$/s/ manual / /' Makeconfig

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build

# packages/cross/glibc.yaml: phases.configure.before
echo "rootsbindir=/usr/sbin" > configparms

../configure \
    --prefix=/usr \
    --disable-werror \
    --enable-kernel=5.4 \
    --enable-stack-protector=strong \
    --disable-nscd \
    libc_cv_slibdir=/usr/lib
}

phase_build() {
cd "$work"/src/build
make
}

phase_install() {
cd "$work"/src/build

# packages/system/glibc-system.yaml: phases.install.before
# Where the loader looks besides /usr/lib.
mkdir -p /etc/ld.so.conf.d
printf '%s\n' /usr/local/lib /opt/lib 'include /etc/ld.so.conf.d/*.conf' > /etc/ld.so.conf
# A check of what was installed, which does not know programs of today.
sed '/test-installation/s@$(PERL)@echo not running@' -i ../Makefile

make install

# packages/system/glibc-system.yaml: phases.install.after
sed '/RTLDLIST=/s@/usr@@g' -i /usr/bin/ldd
# The loader's cache belongs to the system, not to a package.
rm -rf /etc/ld.so.cache /var/cache/ldconfig

# Files are all that users, names and numbers are looked up in, and the DNS.
cat > /etc/nsswitch.conf <<'END'
passwd: files
group: files
shadow: files

hosts: files dns
networks: files

protocols: files
services: files
ethers: files
rpc: files
END

# The locales that test suites of other packages look for, one after the other: then their archive is always the same.
# A name, the locale's source, and its characters, of which one set is unlike ASCII.
while read -r name input charmap; do
    localedef --no-warnings=ascii -i "$input" -f "$charmap" "$name"
done <<'END'
C.UTF-8 C UTF-8
cs_CZ.UTF-8 cs_CZ UTF-8
de_DE de_DE ISO-8859-1
de_DE@euro de_DE@euro ISO-8859-15
de_DE.UTF-8 de_DE UTF-8
el_GR el_GR ISO-8859-7
en_GB en_GB ISO-8859-1
en_GB.UTF-8 en_GB UTF-8
en_HK en_HK ISO-8859-1
en_PH en_PH ISO-8859-1
en_US en_US ISO-8859-1
en_US.UTF-8 en_US UTF-8
es_ES@euro es_ES ISO-8859-15
es_MX es_MX ISO-8859-1
fa_IR fa_IR UTF-8
fr_FR fr_FR ISO-8859-1
fr_FR@euro fr_FR@euro ISO-8859-15
fr_FR.UTF-8 fr_FR UTF-8
is_IS is_IS ISO-8859-1
is_IS.UTF-8 is_IS UTF-8
it_IT it_IT ISO-8859-1
it_IT@euro it_IT ISO-8859-15
it_IT.UTF-8 it_IT UTF-8
ja_JP ja_JP EUC-JP
ja_JP.SJIS ja_JP SHIFT_JIS
ja_JP.UTF-8 ja_JP UTF-8
nl_NL@euro nl_NL@euro ISO-8859-15
ru_RU.KOI8-R ru_RU KOI8-R
ru_RU.UTF-8 ru_RU UTF-8
se_NO.UTF-8 se_NO UTF-8
ta_IN.UTF-8 ta_IN UTF-8
tr_TR.UTF-8 tr_TR UTF-8
zh_CN.GB18030 zh_CN GB18030
zh_HK.BIG5-HKSCS zh_HK BIG5-HKSCS
zh_TW.UTF-8 zh_TW UTF-8
END
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

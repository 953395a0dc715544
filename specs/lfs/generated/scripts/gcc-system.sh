#!/bin/bash
# gcc-system 14.2.0: C and C++ compilers (LFS 8.29)
# Written by lfsgen from packages/system/gcc-system.yaml: change that file, not this one.
#
# usage: gcc-system.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   e162a5ef3f0077ecae598c6556908d2ab80841532df3398072a96a6df6e6aa29  gcc-14_14.2.0.orig.tar.gz

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
tar --no-same-owner -xf "$sources"/gcc-14_14.2.0.orig.tar.gz -C unpack
mv unpack/* src
rmdir unpack
cd src

# packages/system/gcc-system.yaml: phases.prepare.after
tar --no-same-owner -xf gcc-14.2.0-dfsg.tar.xz --strip-components=1
rm gcc-14.2.0-dfsg.tar.xz
# The manual's page of target hooks is empty, and must not be held against the sources.
sed -i '/^s-tm-texi: build/,/^$/{s/^s-tm-texi: .*/s-tm-texi:\n\t$(STAMP) $@/;/^\t/d}' gcc/Makefile.in
# 64-bit libraries lie in lib, not in lib64. The book has it for x86_64 alone.
case x86_64 in
x86_64) sed -i '/m64=/s/lib64/lib/' gcc/config/i386/t-linux64 ;;
aarch64) sed -i '/lp64=/s/lib64/lib/' gcc/config/aarch64/t-aarch64-linux ;;
esac

mkdir -p "$work"/src/build
}

phase_configure() {
cd "$work"/src/build
../configure \
    --prefix=/usr \
    LD=ld \
    --enable-languages=c,c++ \
    --enable-default-pie \
    --enable-default-ssp \
    --enable-host-pie \
    --disable-multilib \
    --disable-bootstrap \
    --disable-fixincludes \
    --with-system-zlib
}

phase_build() {
cd "$work"/src/build
make
}

phase_install() {
cd "$work"/src/build
make install

# packages/system/gcc-system.yaml: phases.install.after
machine=$(/usr/bin/gcc -dumpmachine)
# The FHS's name for the preprocessor, and POSIX's for the compiler.
ln -sf ../bin/cpp /usr/lib/cpp
ln -sf gcc /usr/bin/cc
# Programs of binutils find objects of link-time optimization with it.
mkdir -p /usr/lib/bfd-plugins
ln -sf ../../libexec/gcc/"$machine"/14.2.0/liblto_plugin.so /usr/lib/bfd-plugins/liblto_plugin.so
# Where gdb looks for it.
mkdir -p /usr/share/gdb/auto-load/usr/lib
mv /usr/lib/*gdb.py /usr/share/gdb/auto-load/usr/lib
find /usr/lib /usr/libexec -name '*.la' -delete
# Pages of the manual that have nothing in them.
rm -f /usr/share/man/man1/{cpp,g++,gcc,gcov,gcov-dump,gcov-tool,lto-dump}.1 /usr/share/man/man7/fsf-funding.7

# A program is compiled and linked with what was just installed, and asks for this root's loader.
echo 'int main(void) { return 0; }' > dummy.c
cc dummy.c -v -Wl,--verbose > log 2>&1
./a.out
readelf -l a.out > headers
grep 'Requesting program interpreter: /lib.*/ld-linux' headers
grep -E "/usr/lib/gcc/$machine/14.2.0/.*/S?crt1.o succeeded" log
grep "^ /usr/lib/gcc/$machine/14.2.0/include$" log
grep '^ /usr/include$' log
grep '/lib.*/libc.so.6 succeeded' log
echo '#include <stdexcept>
int main() { try { throw std::runtime_error(""); } catch (const std::exception &) { return 0; } }' > dummy.cc
c++ dummy.cc
./a.out
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

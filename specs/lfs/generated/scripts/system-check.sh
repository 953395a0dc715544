#!/bin/bash
# system-check 12.3: Whether the finished system stands by itself
# Written by lfsgen from packages/system/system-check.yaml: change that file, not this one.
#
# usage: system-check.sh PHASE, with PHASE one of: prepare check install

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

phase_check() {
cd "$work"/src

# packages/system/system-check.yaml: phases.check
wrong() { printf '%s\n' "$*" >> wrong; }
: > wrong

# Programs of C and C++ are compiled, linked and run, with nothing but what is here.
echo '#include <stdio.h>
int main(void) { return puts("hello from C") < 0; }' > hello.c
gcc -O2 hello.c -o hello
test "$(./hello)" = 'hello from C'
echo '#include <iostream>
#include <stdexcept>
#include <thread>
int main() {
    std::thread([] {
        try { throw std::runtime_error("hello from C++"); } catch (const std::exception &e) { std::cout << e.what(); }
    }).join();
}' > hello.cc
g++ -O2 hello.cc -o hello++
test "$(./hello++)" = 'hello from C++'
# So is one that needs libraries, found by what pkg-config says of them.
echo '#include <openssl/crypto.h>
#include <zlib.h>
int main(void) { return zlibVersion()[0] != ZLIB_VERSION[0] || OpenSSL_version_num() == 0; }' > libraries.c
pkg-config --cflags --libs zlib libcrypto > flags
read -r -a flags < flags
gcc libraries.c "${flags[@]}" -o libraries
./libraries

# Which files are programs and libraries, and which are scripts: the first characters tell.
find /usr/bin /usr/sbin /usr/lib /usr/libexec -type f > files
: > scripts
while read -r file; do
    # A file that is shorter than that is neither.
    read -r -N 4 start < "$file" || continue
    case $start in
    ?ELF) echo "$file" >> binaries ;;
    '#!'*) if test -x "$file"; then echo "$file" >> scripts; fi ;;
    esac
done < files

# Of each program and library, the interpreter is here, and so are the run paths, and each library that it needs is in one
# of them or where the loader looks.
while read -r file; do
    readelf -ldW "$file" > facts 2> /dev/null || wrong "$file: readelf cannot read it"
    sed -n 's/.*interpreter: \(.*\)]/\1/p' facts > interpreter
    while read -r interpreter; do
        test -e "$interpreter" || wrong "$file: its interpreter $interpreter is not here"
    done < interpreter
    sed -n 's/.*(R\(UN\)*PATH).*\[\(.*\)\]/\2/p' facts | tr ':' '\n' > paths
    places=(/usr/lib)
    while read -r path; do
        path=${path/'$ORIGIN'/${file%/*}}
        test -d "$path" || wrong "$file: its run path $path is not here"
        places+=("$path")
    done < paths
    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' facts > needed
    while read -r library; do
        found=no
        for place in "${places[@]}"; do
            if test -e "$place/$library"; then found=yes; fi
        done
        test $found = yes || wrong "$file: its library $library is not here"
    done < needed
done < binaries

# Of each script, the interpreter is here.
while read -r file; do
    # A space may follow `#!`, and a name alone, such as Perl's own `#!perl`, is for programs that read the line themselves.
    head -n 1 "$file" | sed 's/^#!//' > line
    read -r interpreter argument rest < line || continue
    case "$file $interpreter" in
    # Python's own, which nobody runs.
    */encodings/rot_13.py\ *) ;;
    *\ */env) command -v "$argument" > /dev/null || wrong "$file: its interpreter $argument is not here" ;;
    *\ /*) test -e "$interpreter" || wrong "$file: its interpreter $interpreter is not here" ;;
    esac
done < scripts

# No link leads nowhere.
find /usr/bin /usr/sbin /usr/lib /usr/libexec -xtype l > links
while read -r link; do
    wrong "$link: what it leads to is not here"
done < links

# Nothing names a place at which it, or what built it, was built. Debugging information may: it says where the sources lay.
built='/mnt/lfs|/lfsgen/work|(^|[^[:alnum:]_./-])/tools/(bin|include|lib|libexec|share|x86_64-lfs-linux-gnu)'
status=0
grep -rlE "$built" /usr/bin /usr/sbin /usr/lib /usr/libexec /etc > named || status=$?
test $status -le 1
: > outside
while read -r file; do
    objcopy --strip-debug "$file" stripped 2> /dev/null || cp "$file" stripped
    if grep -qE "$built" stripped; then echo "$file" >> outside; fi
done < named
# The compiler, Python, and bash tell how they were configured, and pip from where a package came, on purpose.
tells='/usr/bin/([^/]*-)?([cg][+][+]|cpp|gcc|gcc-[^/]*|lto-dump)|/usr/lib(exec)?/gcc/.*|/usr/lib/bash/Makefile[.]inc'
tells="$tells|/usr/lib/python[^/]*/(.*_sysconfigdata_.*|config-.*/Makefile|site-packages/.*/direct_url[.]json)"
# The assertions of zstd name the file that they stand in.
tells="$tells|/usr/bin/zstd|/usr/lib/libzstd[.]so[.].*"
while read -r file; do
    if ! [[ $file =~ ^($tells)$ ]]; then wrong "$file: it names a place of building"; fi
done < outside

# The main programs start.
for program in \
    agetty ar as autoconf automake awk bash bc bison blkid cmp diff fdisk file find flex free g++ gawk gcc gdbmtool \
    getfacl getfattr gperf grep groff grub-install grub-mkimage gzip hostname hwclock iconv ifconfig info intltoolize kmod \
    ld ldd less libtoolize localedef ls lsblk lz4 m4 make makeinfo man mandb meson modprobe mount msgfmt ninja objdump \
    patch perl pidof ping pip3 pkgconf ps pstree python3 readelf sed sysctl tar top troff udev-hwdb udevadm vim xargs \
    xgettext xz zstd
do
    "$program" --version < /dev/null > version 2>&1 || wrong "$program does not start: $(head -n 1 version)"
done
# These say their version, or what they are for, in other words.
for command in 'bzip2 --help' 'e2fsck -V' 'ip -V' 'init --version' 'loadkeys -V' 'mke2fs -V' 'openssl version' 'setfont -V' \
    'su --help' 'tic -V' 'tput -V' 'useradd --help' 'xmlwf -v'
do
    read -r -a words <<< "$command"
    "${words[@]}" < /dev/null > version 2>&1 || wrong "$command does not work: $(head -n 1 version)"
done
perl -MXML::Parser -e 'print "hello from Perl\n"' || wrong 'Perl does not find XML::Parser'
python3 -c 'import bz2, ctypes, curses, flit_core, jinja2, lzma, readline, setuptools, ssl, wheel, zlib' ||
    wrong 'a module of Python is not here'
man ls > page && grep -q directory page || wrong 'man does not show a page'

cat wrong
test ! -s wrong
}

phase_install() {
cd "$work"/src
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare check install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
check) phase_check ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac

#!/bin/bash
# final-check 12.3: Whether the result stands by itself
# Written by lfsgen from packages/chroot/final-check.yaml: change that file, not this one.
#
# usage: final-check.sh PHASE, with PHASE one of: prepare check install

set -eu
umask 022

# What the runner sets, or what holds where a person runs a phase by hand.
jobs=${LFSGEN_JOBS:-1}
work=${LFSGEN_WORK:-/lfsgen/work}
sources=${LFSGEN_SOURCES:-/lfsgen/sources}

# Make takes its jobs from the runner's job server, and so does ninja from 1.13 on; an older one is told a number.
export MAKEFLAGS="${MAKEFLAGS--j$jobs}"
ninja() {
    command ninja ${LFSGEN_OWN_JOBS-"-j$jobs"} "$@"
}

export HOME=/root
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir src
cd src
}

phase_check() {
cd "$work"/src

# packages/chroot/final-check.yaml:13
# Programs of C and C++ are compiled, linked and run, with nothing but what is here.
echo '#include <stdio.h>
int main(void) { return puts("hello from C") < 0; }' > hello.c
gcc -O2 hello.c -o hello
test "$(./hello)" = 'hello from C'
echo '#include <iostream>
#include <stdexcept>
int main() { try { throw std::runtime_error("hello from C++"); } catch (const std::exception &e) { std::cout << e.what(); } }' > hello.cc
g++ -O2 hello.cc -o hello
test "$(./hello)" = 'hello from C++'

# The interpreter of programs is the one in this root, and libraries are found in it.
readelf -l hello > headers
grep -F '[Requesting program interpreter: /lib' headers
ldd hello > libraries
if grep -E 'not found|lfs' libraries; then exit 1; fi

# No program or library has a run path, or asks for an interpreter that is not here.
find /usr/bin /usr/sbin /usr/lib /usr/libexec -type f > files
while read -r file; do
    case $(head -c 4 "$file" | tr '\0' ' ') in
    ?ELF) ;;
    *) continue ;;
    esac
    readelf -d "$file" > dynamic
    if grep -E 'R(UN)?PATH' dynamic; then
        echo "$file has a run path"
        exit 1
    fi
    readelf -l "$file" > headers
    sed -n 's/.*interpreter: \(.*\)]/\1/p' headers > interpreter
    while read -r interpreter; do
        test -e "$interpreter"
    done < interpreter
done < files

# The same of scripts.
while read -r file; do
    case $(head -c 2 "$file" | tr '\0' ' ') in
    '#!') ;;
    *) continue ;;
    esac
    head -n 1 "$file" > line
    read -r interpreter rest < line
    test -e "${interpreter#\#!}" || { echo "$file: $interpreter"; exit 1; }
done < files

# Nothing names the place at which it was built, neither the root of the cross stage nor a build tree.
if grep -rlE '/mnt/lfs|/lfsgen/work' /usr/bin /usr/sbin /usr/lib /usr/libexec /etc > named; then
    cat named
    exit 1
fi

perl -e 'print "hello from Perl\n"'
python3 -c 'print("hello from Python")'
bison --version
makeinfo --version
mount --version
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

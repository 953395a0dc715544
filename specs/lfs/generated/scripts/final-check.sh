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
own_jobs=${LFSGEN_OWN_JOBS--j$jobs}
ninja() {
    command ninja ${own_jobs:+"$own_jobs"} "$@"
}

export HOME=/root
export LC_ALL=POSIX
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

# packages/chroot/final-check.yaml: phases.check
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

# Each run path of a program or library is here, and so is the interpreter that it asks for.
find /usr/bin /usr/sbin /usr/lib /usr/libexec -type f > files
while read -r file; do
    case $(head -c 4 "$file" | tr '\0' ' ') in
    ?ELF) ;;
    *) continue ;;
    esac
    readelf -d "$file" > dynamic
    sed -n 's/.*R\(UN\)*PATH.*\[\(.*\)\]/\2/p' dynamic | tr ':' '\n' > paths
    while read -r path; do
        case $path in
        '$ORIGIN'*) ;;
        *) test -d "$path" || { echo "$file has the run path $path"; exit 1; } ;;
        esac
    done < paths
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
    # A space may follow `#!`, and a name alone, such as Perl's own `#!perl`, is for programs that read the line themselves.
    head -n 1 "$file" | sed 's/^#!//' > line
    read -r interpreter rest < line
    case $interpreter in
    /*) test -e "$interpreter" || { echo "$file: $interpreter"; exit 1; } ;;
    esac
done < files

# Nothing names the place at which it was built, neither the root of the cross stage nor a build tree.
# Debugging information may: it says where the sources lay.
status=0
grep -rlE '/mnt/lfs|/lfsgen/work' /usr/bin /usr/sbin /usr/lib /usr/libexec /etc > named || status=$?
test $status -le 1
while read -r file; do
    objcopy --strip-debug "$file" stripped 2> /dev/null || cp "$file" stripped
    if grep -qE '/mnt/lfs|/lfsgen/work' stripped; then echo "$file"; fi
done < named > outside
# The compiler, Python and bash tell how they were configured, on purpose; chapter 8 builds all three anew.
tells='/usr/bin/([^/]*-)?([cg][+][+]|cpp|gcc|gcc-[^/]*|lto-dump)|/usr/lib(exec)?/gcc/.*|/usr/lib/bash/Makefile[.]inc'
tells="$tells|/usr/lib/python[^/]*/(.*_sysconfigdata_.*|config-.*/Makefile)"
status=0
grep -vxE "$tells" outside || status=$?
test $status = 1

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

#!/usr/bin/env bash
# How long all rules take on 1,000 scripts of about 60 lines (2 MB) on one core, beside shellcheck on some of the same; and how
# long the lint of a project of 1,000 packages takes, again with nothing changed, beside reading its files; and that of a phase
# of 8,000 lines with a finding and a fix in each, beside one of 1,000.
# Goals: 450 ms of CPU and 150 MB for the scripts, twice as long as the reading where nothing changed, and 12 times as much CPU for
# 8 times as many findings; the status says whether they are met.
#
#   tests/bench/lint.sh [PROGRAM]      default: target/release/lfsgen
#
# The scripts are put together from pieces of build shell, the same on each run. `CPU` is what the process was busy for,
# which other work on the machine changes less than the time that passes.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/release/lfsgen}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 - "$program" "$dir" "${ROUNDS:-7}" <<'END'
import os, random, shutil, statistics, subprocess, sys, time

program, base, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])

# Each piece is about as long as what stands between two empty lines of a build script; @n@ is a name, @v@ a version.
PIECES = [
    """# The documentation goes where the others have theirs.
tar -xf "$sources/@n@-@v@.tar.xz"
cd "@n@-@v@"
patch -Np1 -i "$sources/@n@-@v@-fixes-1.patch"
""",
    """./configure --prefix=/usr \\
            --sysconfdir=/etc \\
            --localstatedir=/var \\
            --disable-static \\
            --docdir="/usr/share/doc/@n@-@v@"
make -j"$(nproc)"
make -j"$(nproc)" check 2>&1 | tee @n@-check.log
""",
    """mkdir -pv build
cd build
cmake -D CMAKE_INSTALL_PREFIX=/usr \\
      -D CMAKE_BUILD_TYPE=Release \\
      -D BUILD_SHARED_LIBS=ON \\
      -G Ninja ..
ninja
DESTDIR="$root" ninja install
""",
    """sed -e '/RTLDLIST/s@/usr@@g' -e "s/@VERSION@/@v@/" -i.orig ldd.sh.in
sed -i 's/^buildvars=.*/&\\n# the end/' configure.ac && autoreconf -fiv
""",
    """for file in README NEWS doc/*.txt; do
    [ -e "$file" ] || continue
    install -v -m644 "$file" "/usr/share/doc/@n@-@v@/${file##*/}"
done
""",
    """case $(uname -m) in
    x86_64) sed -e '/m64=/s/lib64/lib/' -i.orig gcc/config/i386/t-linux64 ;;
    i?86 | arm*) bits=32 ;;
    aarch64) bits=64; lib=lib64 ;;
    *) echo "no way to build @n@ here" >&2; exit 1 ;;
esac
""",
    """cat > /etc/@n@.conf << "EOF"
# Begin /etc/@n@.conf
passwd: files
hosts: files dns
path=$HOME/.@n@
# End /etc/@n@.conf
EOF
""",
    """cat > /etc/profile.d/@n@.sh << EOF
export @u@_HOME=/opt/@n@-${version:-@v@}
export PATH=\\$PATH:$prefix/bin:$(dirname "$(command -v gcc)")
EOF
""",
    """if [[ -n ${DESTDIR:-} && ! -d $DESTDIR/usr ]]; then
    mkdir -p "$DESTDIR"/usr/{bin,lib,share}
elif ((jobs > 4)); then
    MAKEFLAGS="-j$((jobs / 2)) ${MAKEFLAGS-}"
fi
""",
    """install_docs() {
    local from=$1 to=${2:-/usr/share/doc/@n@}
    find "$from" -type f -name '*.html' -exec install -Dm644 {} "$to" \\;
    find "$from" -name '*.la' -delete || return
}
install_docs doc/html
""",
    """while read -r name value; do
    printf '%s=%s\\n' "$name" "${value//\\//_}" >> config.@n@
done < <(grep -v '^#' defaults.txt | sort -u)
""",
    """files=(lib/*.so.@v@ "bin/@n@" 'share/a b')
for ((i = 0; i < ${#files[@]}; i++)); do
    chmod -v 755 "${files[i]}" && strip --strip-unneeded "${files[$i]}"
done
""",
    """version=$(sed -n 's/^VERSION = //p' Makefile | head -n1)
test "$version" = "@v@" || { echo "wrong version: $version"; exit 1; }
""",
    """ln -sfv ../../lib/@n@/lib@n@.so.@v@ /usr/lib/lib@n@.so
rm -fv /usr/lib/lib@n@.{a,la}
ldconfig -n "${libdir:?}"
""",
    """(
    cd tests || exit
    env LC_ALL=C PATH="$PWD/../bin:$PATH" TEST_@u@=1 ./run-tests --jobs 4 > ../tests.log 2>&1
)
grep '^FAIL' tests.log && exit 1
""",
    """groupadd -g 31 @n@ && useradd -c "@n@ daemon" -d /var/lib/@n@ -u 31 -g @n@ -s /bin/false @n@
install -v -dm700 -o @n@ -g @n@ /var/lib/@n@
""",
    """export CFLAGS="-O2 -pipe ${CFLAGS:-}" CXXFLAGS="-O2 -pipe"
unset LD_LIBRARY_PATH
pushd src > /dev/null
make PREFIX=/usr CC="${CC:-gcc}" all
make PREFIX=/usr install
popd
""",
    """python3 - "$prefix" << 'PY'
import sys, pathlib
for path in pathlib.Path(sys.argv[1]).glob("**/*.pc"):
    text = path.read_text()
    path.write_text(text.replace("/usr/local", "/usr"))
PY
""",
    """pip3 wheel -w dist --no-build-isolation --no-deps "$PWD"
pip3 install --no-index --find-links dist --no-user @n@
""",
    """sh -c 'make -C po && for f in po/*.mo; do install -m644 "$f" /usr/share/locale; done'
echo "@n@ @v@: $(wc -l < tests.log) lines, `date +%s`" | tee -a build.log
""",
]
# A script is some 60 lines in 2 kB.
SIZE = 2_000


def script(n):
    draw = random.Random(n)
    name, version = f"package{n}", f"{n % 9}.{n % 31}.{n % 7}"
    text = f"set -eu\nsources=${{1:-/sources}}\nprefix=/usr\njobs=$(nproc)\nlibdir=$prefix/lib\nroot=/mnt/lfs\n"
    while len(text) < SIZE:
        piece = draw.choice(PIECES)
        text += "\n" + piece.replace("@n@", name).replace("@v@", version).replace("@u@", name.upper())
    return text


def measured(arguments, core="0", statuses=(0, 1)):
    """Milliseconds that passed, milliseconds of the processor, and MB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", core, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=base
    )
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in statuses:
        sys.exit(f"{arguments[:3]}: {said}")
    cpu = usage.ru_utime + usage.ru_stime
    return (time.perf_counter() - start) * 1000, cpu * 1000, usage.ru_maxrss / 1024


missed = False


def goal(what, value, most, unit):
    global missed
    missed |= value > most
    return f"{'met' if value <= most else 'MISSED'}: {what} {value:.{0 if value >= 10 else 1}f}{unit} (goal {most}{unit})"


def median(arguments, count=rounds):
    runs = [measured(arguments) for _ in range(count)]
    return [statistics.median(column) for column in zip(*runs)]


names = [f"{n:04}.sh" for n in range(1000)]
texts = ["#!/bin/bash\n" + script(n) for n in range(1000)]
for name, text in zip(names, texts):
    with open(f"{base}/{name}", "w") as file:
        file.write(text)
size = sum(map(len, texts)) / 1e6
lines = sum(text.count("\n") for text in texts)
print(f"1,000 scripts, {lines:,} lines, {size:.1f} MB, one core")
print("| | time | CPU | MB/s of CPU | memory |")
print("|---|--:|--:|--:|--:|")
wall, cpu, memory = median([program, "lint", "--format", "json", *names])
print(f"| lfsgen lint | {wall:.0f} ms | {cpu:.0f} ms | {size / cpu * 1000:.1f} | {memory:.0f} MB |")
goals = [goal("CPU for 1,000 scripts", cpu, 450, " ms"), goal("memory", memory, 150, " MB")]
if shutil.which("shellcheck"):
    few = names[::20]
    share = len(names) / len(few)
    other_wall, other_cpu, other_memory = median(["shellcheck", "--format", "json", *few], 1)
    print(
        f"| shellcheck ({len(few)} of them, times {share:.0f}) | {other_wall * share:.0f} ms | {other_cpu * share:.0f} ms"
        f" | {size / other_cpu / share * 1000:.1f} | {other_memory:.0f} MB |"
    )
    print(f"\nlfsgen is {other_cpu * share / cpu:.0f} times as fast as shellcheck")
wall, cpu, memory = median(["cat", *names])
print(f"reading the scripts alone takes {wall:.0f} ms")

os.makedirs(f"{base}/project/specs")
with open(f"{base}/project/lfsgen.yaml", "w") as file:
    file.write("project: bench\nspecs: [specs]\n")
for n in range(1000):
    body = "".join(f"    {line}\n" if line else "\n" for line in script(n).split("\n"))
    with open(f"{base}/project/specs/package{n:04}.yaml", "w") as file:
        file.write(f'package: package{n:04}\nversion: "{n}"\nbuild: {{ system: custom }}\nphases:\n  install: |\n{body}')
lint = [program, "--project", f"{base}/project", "lint", "--format", "json"]
first = measured(lint)
wall, cpu, memory = median(lint)
specs = [f"project/specs/{name}" for name in sorted(os.listdir(f"{base}/project/specs"))]
reading = median(["cat", *specs])[0]
print(f"\nA project of 1,000 packages with these scripts, one core: first {first[0]:.0f} ms ({first[1]:.0f} ms CPU), again")
print(f"{wall:.0f} ms ({cpu:.0f} ms CPU), {memory:.0f} MB; reading the specs alone {reading:.0f} ms")
goals.append(goal("nothing changed, beside reading,", wall / reading, 2, " times"))

cpus = []
for lines in (1000, 8000):
    at = f"{base}/found{lines}"
    os.makedirs(f"{at}/specs")
    with open(f"{at}/lfsgen.yaml", "w") as file:
        file.write("project: bench\nspecs: [specs]\n")
    body = "".join(f'    rm -rf "$dir{n}/x"\n' for n in range(lines))
    with open(f"{at}/specs/big.yaml", "w") as file:
        file.write(f'package: big\nversion: "1"\nbuild: {{ system: custom }}\nphases:\n  install: |\n{body}')
    # Without a memory of the last run.
    runs = [shutil.rmtree(f"{at}/build", True) or measured([program, "--project", at, "lint", "--format", "json"]) for _ in range(3)]
    cpus.append(statistics.median(cpu for _, cpu, _ in runs))
print(f"\nA phase of 1,000 lines with a finding in each: {cpus[0]:.0f} ms CPU; of 8,000: {cpus[1]:.0f} ms")
goals.append(goal("8,000 findings, beside 1,000,", cpus[1] / cpus[0], 12, " times"))
print("\n" + "\n".join(goals))
sys.exit(missed)
END

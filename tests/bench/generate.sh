#!/usr/bin/env bash
# How long `generate` takes on 1,000 and 5,000 packages of about 1.5 kB, in layers, each of which needs three before it:
# cold (no output, no state) and where nothing changed. Goals: 300 ms and 40 ms; 5,000 cold 1.5 s in 200 MB. The
# status says whether they are met. Then 1,000 packages of a stage that is based on another one with 450, all of which lie in
# each root: goal 10 MB of plan files.
#
#   tests/bench/generate.sh [PROGRAM]      default: target/release/lfsgen
#
# What counts on a slow disk is the ratio to a plain program that reads the same files and writes the same bytes (goal: 3).
# Here that is `cat` for the one and `tar` for the other. Every cold round has a folder of its own: to delete files just
# before makes ext4 slow to create new ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/release/lfsgen}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 - "$program" "$dir" "${ROUNDS:-7}" <<'END'
import hashlib, os, statistics, subprocess, sys, time

program, home, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])


def spec(n, base):
    first, stage = (0, "base") if n < base else (base, "system")
    needs = sorted({n - 1, n - 8, n - 29} & set(range(first, n)))
    digest = hashlib.sha256(str(n).encode()).hexdigest()
    name = f"package-{n:05}"
    stage = f"stage: {stage}\n" if base else ""
    return f"""package: {name}
{stage}version: "1.{n}.0"
summary: Package {n} of a project that is made to be measured
license: MIT
homepage: https://example.org/{name}
sources:
  - url: https://example.org/releases/{name}-%{{version}}.tar.gz
    sha256: {digest}
    mirrors: [ "https://mirror.example.org/{name}-%{{version}}.tar.gz" ]
depends:
  build: [ {", ".join(f"package-{need:05}" for need in needs)} ]
options:
  static-libs: {{ type: bool, default: false, summary: Keep the static library }}
build:
  system: autotools
  configure: [ --prefix=/usr, --sysconfdir=/etc, "--static=%{{option.static-libs}}", "--docdir=/usr/share/doc/{name}-%{{version}}" ]
  env: {{ CFLAGS: -O2 -pipe }}
phases:
  prepare:
    after: |
      sed -i 's/@VERSION@/%{{version}}/' configure.ac
      for file in a b c d; do
          if [ -e "$file.in" ]; then
              sed -e 's,@prefix@,/usr,' "$file.in" > "$file"
          fi
      done
  check: |
    make -j"$jobs" check
    grep -c '^PASS' tests/summary-{n}.log
  install:
    after: |
      install -d -m755 /usr/share/doc/{name}-%{{version}}
      cp -R doc/. /usr/share/doc/{name}-%{{version}}/
      find /usr/lib -name 'lib{name}*.la' -delete
      ln -sf lib{name}.so.1 /usr/lib/lib{name}.so
artifacts:
  expect: [ usr/include/{name}.h, usr/lib/lib{name}.so.1 ]
resources: {{ memory: 512 MiB, disk: 100 MiB, timeout: 10m, sbu: 0.1 }}
"""


def lay_out(count, base, folder):
    os.makedirs(f"{folder}/specs")
    with open(f"{folder}/lfsgen.yaml", "w") as file:
        file.write("project: bench\nspecs: [specs]\n")
        if base:
            file.write("stages: { base: { root: host }, system: { root: host, base: [base] } }\n")
    for n in range(base + count):
        with open(f"{folder}/specs/package-{n:05}.yaml", "w") as file:
            file.write(spec(n, base))


def size(folder):
    """Megabytes in the files below a folder."""
    return sum(os.path.getsize(f"{where}/{name}") for where, _, names in os.walk(folder) for name in names) / 1e6


def measured(arguments, folder):
    """Milliseconds that passed, milliseconds of the processors, and MB."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(said)
    cpu = usage.ru_utime + usage.ru_stime
    return (time.perf_counter() - start) * 1000, cpu * 1000, usage.ru_maxrss / 1024


print("| packages | cold | its CPU | nothing changed | plain program | ratio | memory | plan files | all files |")
print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
goals, missed = [], False
for count, base, *most in ((1000, 0, 300, 40, 200, None), (5000, 0, 1500, None, 200, None), (1000, 450, *[None] * 3, 10)):
    cold, nothing, plain = [], [], []
    for n in range(rounds):
        folder = f"{home}/{base}-{count}-{n}"
        lay_out(count, base, folder)
        # Files that were written this very moment are not believed to be settled.
        time.sleep(0.1)
        cold.append(measured([program, "generate"], folder))
        nothing.append(measured([program, "generate"], folder))
        subprocess.run(["tar", "-cf", "saved.tar", "generated"], cwd=folder, check=True)
        os.makedirs(f"{folder}/plain")
        read_and_write = 'cat specs/*.yaml > /dev/null && tar -xmf saved.tar -C plain'
        plain.append(measured(["sh", "-c", read_and_write], folder))
    middle = [statistics.median(run[0] for run in runs) for runs in (cold, nothing, plain)]
    cpu = statistics.median(run[1] for run in cold)
    memory = max(run[2] for run in cold)
    plans = size(f"{folder}/generated/plan")
    packages = f"{count} over {base}" if base else count
    print(
        f"| {packages} | {middle[0]:.0f} ms | {cpu:.0f} ms | {middle[1]:.0f} ms | {middle[2]:.0f} ms"
        f" | {middle[0] / middle[2]:.1f} | {memory:.0f} MB | {plans:.1f} MB | {size(f'{folder}/generated'):.1f} MB |",
        flush=True,
    )
    told = (("cold", middle[0], "ms"), ("nothing changed", middle[1], "ms"), ("memory", memory, "MB"), ("plan files", plans, "MB"))
    for (what, value, unit), limit in zip(told, most):
        if limit is not None:
            missed |= value > limit
            goals.append(f"{'met' if value <= limit else 'MISSED'}: {packages} {what} {value:.0f} {unit} (goal {limit} {unit})")
print("\n" + "\n".join(goals))
sys.exit(missed)
END

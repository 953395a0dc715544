#!/usr/bin/env bash
# How long `status` and `report --format json` take on a journal of 10,000 events: goals 50 ms and 500 ms.
#
#   tests/bench/report.sh [PROGRAM]      default: target/release/lfsgen
#
# The journal and the plan are made here: packages in layers of ten, each of which needs three of the layer before.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-target/release/lfsgen}")
packages=910 # eleven events each
rounds=${ROUNDS:-21}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir/generated/plan/stages" "$dir/build/artifacts" "$dir/specs"
printf 'project: bench\nspecs: [specs]\n' >"$dir/lfsgen.yaml"
# With a mistake in the specs, all commands go by the plan.
echo 'package: mistaken' >"$dir/specs/mistaken.yaml"
printf '{"lfsgen":4,"name":"host","root":"host","mount":"/","user":"root","network":false,"sandbox":"required","base":[]}' \
    >"$dir/generated/plan/stages/host.json"
stage=$(sha256sum "$dir/generated/plan/stages/host.json")
awk -v stage="${stage%% *}" -v packages="$packages" -v dir="$dir" '
function key(n, part) { return sprintf("%032x%032x", n + 1, part) }
function name(n) { return sprintf("package-%04d", n) }
BEGIN {
    split("fetch prepare configure build install", phases, " ")
    at = 1735732800000
    for (n = 0; n < packages; n++) {
        layers = parts = steps = ""
        for (d = 1; d <= 3; d++) {
            need = int(n / 10) * 10 - 10 + (n * d) % 10
            if (need < 0 || index(layers, name(need))) continue
            layers = layers (layers == "" ? "" : ",") "{\"package\":\"" name(need) "\",\"key\":\"" key(need, 0) "\"}"
            parts = parts ",\"depends." name(need) "\":\"" key(need, 0) "\""
        }
        own = "\"version\":\"1." n "\""
        for (p = 1; p <= 12; p++) own = own ",\"part." p "\":\"" key(n, p) "\""
        parts = "{" own parts "}"
        for (p = 1; p <= 5; p++) {
            steps = steps (p > 1 ? "," : "") "{\"phase\":\"" phases[p] "\",\"key\":\"" key(n, p) "\",\"own\":\"" key(n, p + 50) "\"}"
            step = "\"package\":\"" name(n) "\",\"phase\":\"" phases[p] "\",\"key\":\"" key(n, p) "\""
            printf "{\"v\":1,\"at\":%d,\"run\":\"r\",\"event\":\"step-started\",%s,\"pid\":1}\n", at, step
            at += 1000
            printf "{\"v\":1,\"at\":%d,\"run\":\"r\",\"event\":\"step-finished\",%s,\"outcome\":{\"outcome\":\"succeeded\"}," \
                "\"usage\":{\"wall_ms\":1000,\"user_ms\":800,\"system_ms\":100,\"max_rss_kib\":20480}," \
                "\"log\":\"logs/%s/%s.log\"}\n", at, step, name(n), phases[p]
        }
        printf "{\"v\":1,\"at\":%d,\"run\":\"r\",\"event\":\"artifact-committed\",\"package\":\"%s\",\"key\":\"%s\"," \
            "\"manifest\":\"%s\",\"files\":9,\"bytes\":12345,\"key_parts\":%s}\n", at, name(n), key(n, 0), key(n, 99), parts
        file = dir "/generated/plan/" name(n) ".json"
        printf "{\"lfsgen\":4,\"package\":\"%s\",\"version\":\"1.%d\",\"spec\":\"specs/%s.yaml\",\"key\":\"%s\"," \
            "\"stage\":{\"name\":\"host\",\"sha256\":\"%s\"},\"env\":{}," \
            "\"script\":\"scripts/%s.sh\",\"script_sha256\":\"%s\",\"sources\":[],\"files\":[],\"steps\":[%s]," \
            "\"upper_layers\":[%s],\"over_base\":true,\"check_layers\":[],\"expect\":[],\"expected_failures\":[],\"limits\":{\"jobs\":\"max\"," \
            "\"memory\":null,\"disk\":null,\"timeout\":null," \
            "\"project_jobs\":\"max\",\"project_memory\":null,\"own_jobs\":{}},\"own_parts\":{%s}}\n", \
            name(n), n, name(n), key(n, 0), stage, name(n), key(n, 98), steps, layers, own >file
        close(file)
        print key(n, 0) >(dir "/keys")
    }
}' >"$dir/build/journal.jsonl"
(
    cd "$dir/build/artifacts"
    sed 's,$,/tree,' "$dir/keys" | xargs mkdir -p
    sed 's,$,/manifest.json,' "$dir/keys" | xargs touch
)

events=$(wc -l <"$dir/build/journal.jsonl")
done_packages=$("$program" --project "$dir" status 2>/dev/null | grep -c ' done ' || true)
[ "$done_packages" = "$packages" ] || { echo "only $done_packages of $packages packages are done" >&2; exit 1; }

# The median of some rounds, in milliseconds.
median() {
    for _ in $(seq "$rounds"); do
        start=$EPOCHREALTIME
        "$program" --project "$dir" "$@" >/dev/null 2>&1
        echo "$(((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}) / 10))"
    done | sort -n | awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] / 100 }'
}

status=0
measure() {
    goal=$1
    shift
    took=$(median "$@")
    echo "$events events, $packages packages: lfsgen $*: $took ms (goal $goal ms)"
    awk -v took="$took" -v goal="$goal" 'BEGIN { exit took > goal }' || status=1
}
measure 50 status
measure 500 report --format json
measure 500 report --format html
measure 500 graph --format svg
exit "$status"

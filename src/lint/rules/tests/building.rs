//! Where rules over what a phase may do, and what a build should be, draw the line.

use crate::lint::testing::{in_phase, in_script, is_silent, tells};

#[test]
fn a_phase_reads_only_what_it_is_fed() {
    let rule = "interactive-command";
    tells(
        rule,
        in_phase,
        &[
            "read -r x",
            "while true; do read x; break; done",
            "make -C a menuconfig",
            "read x >&2",
            "exec 3< f; read x",
            "(exec < f); read x",
        ],
    );
    is_silent(
        rule,
        in_phase,
        &[
            "a | read x",
            "read x < f",
            "read x <<< y",
            "while read x; do a; done < f",
            "while read -u 3 x; do a; done 3< f",
            "a | while read x; do b; done",
            "f() { read x; }; f < a",
            "while read x <&3; do a; done 3< f",
            "exec < f; read x",
            "yes | passwd a",
            "make config.h",
            "./top",
        ],
    );
    is_silent(rule, in_script, &["read -r x"]);
}

#[test]
fn only_a_phase_has_a_budget() {
    let rule = "jobs-outside-budget";
    tells(
        rule,
        in_phase,
        &[
            "make -j$jobs",
            "ninja -j \"$jobs\"",
            "make -j",
            "make -j 4",
            "nice make --jobs=8",
            "make -j${N:-$(nproc)}",
            "MAKEFLAGS=\"-s -j3\" make",
        ],
    );
    is_silent(
        rule,
        in_phase,
        &[
            "make",
            "ctest -j$jobs",
            "samu -j\"$jobs\"",
            "make -j 1",
            "make -j$N",
            "make -s",
            "a -j4",
            "MAKEFLAGS=-s make",
        ],
    );
    is_silent(rule, in_script, &["make -j4"]);
}

#[test]
fn a_loop_ends_in_any_of_its_branches() {
    let rule = "endless-loop";
    tells(rule, in_phase, &["while :; do a; done", "for ((;;)); do a; done", "while true; do (exit); done"]);
    is_silent(
        rule,
        in_phase,
        &[
            "while true; do a && break; done",
            "while :; do case $x in a) exit 1;; esac; done",
            "while a; do b; done",
            "for ((i = 0; i < 3; i++)); do a; done",
        ],
    );
}

#[test]
fn network_is_what_a_command_reaches_as_it_is_given() {
    let rule = "network-in-build";
    tells(
        rule,
        in_phase,
        &["git -C a submodule update", "npm install", "scp h:a b", "go mod download", "apt-get -y install a"],
    );
    is_silent(
        rule,
        in_phase,
        &[
            "git submodule",
            "git clone --depth 1 ./a b",
            "git -c protocol.file.allow=always submodule update",
            "npm install ./a.tgz",
            "cargo build --frozen",
            "export CARGO_NET_OFFLINE=true; cargo build",
            "GOFLAGS=-mod=vendor go mod tidy",
            "gem build a",
            "scp a b",
            "src/curl u",
        ],
    );
}

#[test]
fn what_only_goes_to_the_log_may_change() {
    let rule = "not-reproducible";
    tells(
        rule,
        in_phase,
        &["date > f", "x=$(hostname)", "make A=\"$(date +%s)\"", "uname -a | tee f", "a $RANDOM"],
    );
    is_silent(
        rule,
        in_phase,
        &[
            "date",
            "date > /dev/null",
            "x=$(date -r f)",
            "x=$(date -u -d @$SOURCE_DATE_EPOCH)",
            "x=$(uname -m)",
            "date() { echo 1; }; date > f",
        ],
    );
    is_silent(
        rule,
        in_phase,
        &["HOSTNAME=lfs; echo $HOSTNAME > f", "cat /proc/version", "n=$(grep -c a /proc/cpuinfo)"],
    );
    is_silent(rule, in_script, &["date > f"]);
}

#[test]
fn less_and_greater_are_redirections_unless_they_hold_a_description() {
    let rule = "placeholder";
    tells(rule, in_script, &["a /dev/<xxx> b", "a <the name> b", "x=CHANGEME a", "a --b=EDITME"]);
    is_silent(
        rule,
        in_script,
        &["a <b >c", "a < b > c", "a <b>c", "[ $x = FIXME ]", "echo CHANGEME", "a <(b) >c"],
    );
}

#[test]
fn a_phase_reaches_the_network_by_whatever_way() {
    let rule = "network-in-build";
    tells(
        rule,
        in_phase,
        &[
            "exec 3<>/dev/tcp/h/80",
            "cat < /dev/tcp/h/80",
            "echo a >/dev/udp/h/53",
            "npx a",
            "npm exec a",
            "go run h/x@latest",
            "git remote update",
            "python3 -Im pip install a",
            "meson wrap install a",
            "mvn package",
            "deno run https://h/a.ts",
            "openssl s_client -connect h:443",
        ],
    );
    is_silent(
        rule,
        in_phase,
        &[
            "(: < /dev/tcp/localhost/80)",
            "go run ./tool",
            "git remote add a b",
            "meson wrap list",
            "mvn -o package",
            "deno run a.ts",
            "openssl dgst a",
        ],
    );
}

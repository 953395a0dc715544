//! Where rules over commands draw the line. What they are for is in their pages, whose examples are tests as well.

use super::super::{lint, lint_scripts};
use crate::diag::Persona;
use crate::model::Dialect;
use crate::model::testing::{package, project, stage, text};
use crate::model::{LintConfig, Phase, PhaseText};
use crate::source::{FileId, Place, Text};

fn rules_in_script(script: &str) -> Vec<&'static str> {
    let text = Text::verbatim(script, Place::new(FileId(0), 0..script.len()));
    let config = LintConfig { persona: Persona::Pedantic, ..LintConfig::default() };
    let findings = lint_scripts(&config, &[(text, Dialect::Bash)]).findings;
    findings.iter().map(|finding| finding.rule).collect()
}

fn rules_in_phase(script: &str) -> Vec<&'static str> {
    let mut package = package("a", &[]);
    let build = PhaseText { replace: Some(text(script)), ..PhaseText::default() };
    package.phases.insert(Phase::Build, build);
    let found = lint(&project(vec![stage("host", &[])]), &[package]);
    found.findings.iter().map(|finding| finding.rule).collect()
}

fn finds(rule: &str, look: fn(&str) -> Vec<&'static str>, scripts: &[&str]) {
    scripts.iter().for_each(|script| assert!(look(script).contains(&rule), "{script}: {:?}", look(script)));
}

fn leaves(rule: &str, look: fn(&str) -> Vec<&'static str>, scripts: &[&str]) {
    scripts.iter().for_each(|script| assert!(!look(script).contains(&rule), "{script}"));
}

#[test]
fn decoded_text_is_told_only_where_it_runs() {
    let rule = "decoded-payload";
    finds(
        rule,
        rules_in_script,
        &["base64 -di x | sudo sh -s", "bash <<< \"$(base32 -d x)\"", "a | { cat; uudecode; } | perl"],
    );
    leaves(
        rule,
        rules_in_script,
        &["base64 -d x | tar x", "x=$(base64 -d x)", "base64 x | sh", "sh x | base64 -d"],
    );
}

#[test]
fn eval_of_names_and_of_what_is_made_for_it_is_left_alone() {
    let rule = "dynamic-code";
    finds(
        rule,
        rules_in_script,
        &[
            "eval \"$@\"",
            "eval a $x",
            "eval \"$(a)\"",
            "bash -ec \"$x\"",
            "eval \"a=$x\"",
            "su -c x; eval `cat f`",
        ],
    );
    leaves(
        rule,
        rules_in_script,
        &[
            "eval set -- \"$(getopt -o a -- \"$@\")\"",
            "eval `ssh-agent -s`",
            "eval \"${x}_y=1\"",
            "eval \"echo \\$$x\"",
            "eval \"a=\\${b_$x}\"",
            "x='make a'; eval \"$x\"",
            "sh -c 'a \"$1\"' sh \"$x\"",
            "sh -c \"cd $PWD\"",
            "sh \"$x\"",
        ],
    );
}

#[test]
fn a_name_that_is_whole_hides_nothing() {
    let rule = "hidden-command";
    finds(rule, rules_in_script, &["r''m a", "\"r\"m a", "r\\m a", "${a:0:1}${b:1:1} c", "$(printf rm) a"]);
    finds(
        rule,
        rules_in_script,
        &["/bin/r? a", "r[m] a", "/???/rm a", "r$@m a", "r\"$*\"m a", "rm$IFS-r${IFS}a"],
    );
    leaves(
        rule,
        rules_in_script,
        &[
            "'rm' a",
            "\\rm a",
            "$a$b c",
            "\"$a\"/b",
            "$(cat x)",
            "a\"b\"/c",
            "eval \"$(echo a)\"",
            "${CC:-cc} a",
            "[ a ]",
            "[[ a ]]",
            "$1$2 a",
            "a$@",
            "\"/bin/r?\" a",
        ],
    );
}

#[test]
fn a_file_is_checked_or_not_before_it_runs() {
    let rule = "run-downloaded";
    finds(
        rule,
        rules_in_script,
        &[
            "curl -fsSo a u; bash -e a",
            "curl --output=a u && . ./a",
            "cd d; wget https://h/a.sh?x; sh a.sh",
            "curl u > a; python3 a",
            "git clone https://h/t; t/build",
            "f=/var/tmp/x; source \"$f\"",
        ],
    );
    leaves(
        rule,
        rules_in_script,
        &[
            "curl -o a u; gpg --verify a.sig a; sh a",
            "sh a; curl -o a u",
            "curl -o a u; cat a",
            "curl -o - u; sh -",
            "(cd b; curl -o a u); sh a",
            "t=$(mktemp -d); sh \"$t/a\"",
            "git clone https://h/t; cat t/a",
        ],
    );
    leaves(rule, rules_in_phase, &[". /tmp/a"]);
}

#[test]
fn a_commit_pins_what_is_cloned() {
    let rule = "unpinned-checkout";
    let hash = "9a93b2b7dfdac77ceba5a558a580e74667dd6fed";
    finds(
        rule,
        rules_in_script,
        &["git clone u/v", "git clone h:r d; git checkout v1", "wget https://h/latest.zip"],
    );
    leaves(
        rule,
        rules_in_script,
        &[
            &format!("git clone u/v; cd v; git checkout {hash}"),
            &format!("c={hash}; git clone u/v; git -C v reset --hard $c"),
            &format!("git clone --revision={hash} u/v"),
            "git clone u/v; git checkout \"$1\"",
            "git clone ./a b",
            "wget https://h/domain/a.zip",
            "echo https://h/main/a",
        ],
    );
}

#[test]
fn letters_of_curl_end_where_a_value_begins() {
    let rule = "unverified-transport";
    finds(rule, rules_in_script, &["curl -fsSLk u", "curl -sko a u", "git -c http.sslVerify=false fetch"]);
    leaves(
        rule,
        rules_in_script,
        &["curl -ok u", "curl -Hk u", "wget http://h/a; sha256sum -c a.sum", "GOINSECURE= go build", "ls -k"],
    );
}

#[test]
fn what_is_added_to_a_search_path_is_looked_at_alone() {
    let rule = "unsafe-search-path";
    finds(
        rule,
        rules_in_script,
        &["PATH=a:$PATH", "PATH=$PATH:.", "env PATH=: a", "declare -x PATH=\"$PATH::/b\""],
    );
    leaves(
        rule,
        rules_in_script,
        &["PATH=", "PATH=$a:$PATH", "PATH=\"$a/b:$PATH\"", "PATH+=:/b", "PATH=${PATH}:/b", "echo PATH=."],
    );
}

#[test]
fn a_separator_that_is_put_back_or_stays_inside_is_no_leak() {
    let rule = "separator-leak";
    finds(rule, rules_in_script, &["IFS=,; a", "f() { IFS=,; a; }; f", "if a; then IFS=,; fi"]);
    leaves(
        rule,
        rules_in_script,
        &[
            "IFS=, read a b",
            "o=$IFS; IFS=,; a; IFS=$o",
            "IFS=,; a; unset IFS",
            "f() { local a IFS; IFS=,; a; }",
            "x=$(IFS=,; echo \"$*\")",
            "IFS=$'\\n\\t'",
        ],
    );
}

#[test]
fn a_phase_reads_only_what_it_is_fed() {
    let rule = "interactive-command";
    finds(rule, rules_in_phase, &["read -r x", "while true; do read x; break; done", "make -C a menuconfig"]);
    leaves(
        rule,
        rules_in_phase,
        &[
            "a | read x",
            "read x < f",
            "read x <<< y",
            "while read x; do a; done < f",
            "while read -u 3 x; do a; done 3< f",
            "a | while read x; do b; done",
            "f() { read x; }; f < a",
            "yes | passwd a",
            "make config.h",
            "./top",
        ],
    );
    leaves(rule, rules_in_script, &["read -r x"]);
}

#[test]
fn only_a_phase_has_a_budget() {
    let rule = "jobs-outside-budget";
    finds(
        rule,
        rules_in_phase,
        &["make -j", "make -j 4", "nice make --jobs=8", "make -j${N:-$(nproc)}", "MAKEFLAGS=\"-s -j3\" make"],
    );
    leaves(
        rule,
        rules_in_phase,
        &["make -j$jobs", "make -j 1", "make -j$N", "make -s", "a -j4", "MAKEFLAGS=-s make"],
    );
    leaves(rule, rules_in_script, &["make -j4"]);
}

#[test]
fn a_loop_ends_in_any_of_its_branches() {
    let rule = "endless-loop";
    finds(
        rule,
        rules_in_phase,
        &["while :; do a; done", "for ((;;)); do a; done", "while true; do (exit); done"],
    );
    leaves(
        rule,
        rules_in_phase,
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
    finds(
        rule,
        rules_in_phase,
        &["git -C a submodule update", "npm install", "scp h:a b", "go mod download", "apt-get -y install a"],
    );
    leaves(
        rule,
        rules_in_phase,
        &[
            "git submodule",
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
    finds(
        rule,
        rules_in_phase,
        &["date > f", "x=$(hostname)", "make A=\"$(date +%s)\"", "uname -a | tee f", "a $RANDOM"],
    );
    leaves(
        rule,
        rules_in_phase,
        &[
            "date",
            "date > /dev/null",
            "x=$(date -r f)",
            "x=$(date -u -d @$SOURCE_DATE_EPOCH)",
            "x=$(uname -m)",
        ],
    );
    leaves(
        rule,
        rules_in_phase,
        &["HOSTNAME=lfs; echo $HOSTNAME > f", "cat /proc/version", "n=$(grep -c a /proc/cpuinfo)"],
    );
    leaves(rule, rules_in_script, &["date > f"]);
}

#[test]
fn less_and_greater_are_redirections_unless_they_hold_a_description() {
    let rule = "placeholder";
    finds(rule, rules_in_script, &["a /dev/<xxx> b", "a <the name> b", "x=CHANGEME a", "a --b=EDITME"]);
    leaves(
        rule,
        rules_in_script,
        &["a <b >c", "a < b > c", "a <b>c", "[ $x = FIXME ]", "echo CHANGEME", "a <(b) >c"],
    );
}

#[test]
fn a_check_whose_failure_is_passed_over_is_told_however_it_is_written() {
    let rule = "verification-skipped";
    finds(
        rule,
        rules_in_script,
        &[
            "echo h f | sha256sum -c || true",
            "echo h f | sha256sum -c - >/dev/null 2>&1 || :",
            "sha256sum -cw x || true",
            "sha256sum --ch x || echo bad",
            "(sha256sum -c x) || true",
            "{ cd a && sha256sum -c x; } || true",
            "b2sum --status -c x || true",
            "openssl dgst -verify k -signature s f || true",
            "rpm -K x || true",
            "o=--nogpgcheck; dnf install $o x",
            "dnf --setopt=gpgcheck=0 install x",
        ],
    );
    leaves(
        rule,
        rules_in_script,
        &[
            "sha256sum x || true",
            "sha256sum -b x || true",
            "sha256sum -c x | tee log || true",
            "sha256sum -c x || exit",
            "sha256sum --color x || true",
            "echo --nogpgcheck",
        ],
    );
}

#[test]
fn a_certificate_that_nobody_looks_at_is_told_however_it_is_written() {
    let rule = "unverified-transport";
    finds(
        rule,
        rules_in_script,
        &[
            "curl --insec u",
            "o=-k; curl $o u",
            "o='-s -k'; curl $o u",
            "wget --no-check-cert u",
            "ssh -o 'StrictHostKeyChecking no' h",
            "skopeo copy --src-tls-verify=false a b",
        ],
    );
    leaves(
        rule,
        rules_in_script,
        &["curl --proxy p u", "curl -i u", "wget --no-cookies u", "ssh -o BatchMode=yes h"],
    );
}

#[test]
fn a_phase_reaches_the_network_by_whatever_way() {
    let rule = "network-in-build";
    finds(
        rule,
        rules_in_phase,
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
    leaves(
        rule,
        rules_in_phase,
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

//! Where the rules over the flow of a script are silent, and where they are not although it looks so.

use crate::lint::testing::{in_phase, in_script, is_silent, points_at, tells};

#[test]
fn only_a_chain_whose_failure_nobody_sees_is_told() {
    let rule = "chain-not-last";
    points_at(
        rule,
        &[
            ("#!/bin/bash -e\ncp a b && make\nc", "cp"),
            ("set -e; { make && c; }; d", "make"),
            ("set -e; for x in a b; do make && c; done", "make"),
            ("set -e; env A=b make && c; d", "env"),
            ("f() { make && c; d; }; set -e; f", "make"),
            ("sh -ec 'make && c; d'", "make"),
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "make && c; d",
            "set -e; make && c || d; e",
            "set -e; make && c",
            "set -e; (make && c); d",
            "set -e; if make && c; then d; fi; e",
            "set -e; grep -q a b && make && c; d",
            "set -e; ! make && c; d",
            "set -e; has a && make; d",
            "set -e; make && c & wait",
            "set -e; { make && c; d; } || e",
            "set -e; x=$(make && c; d)",
        ],
    );
}

#[test]
fn a_directory_is_left_only_where_the_failure_goes_on() {
    let rule = "unchecked-cd";
    points_at(
        rule,
        &[
            ("cd a; make; rm -f *.o", "cd"),
            ("set -e; if { cd a; rm -r b; }; then c; fi", "cd"),
            ("set -e; set +e; cd a; rm -r b", "cd"),
            ("cd \"$x\"; git clean -fdx", "cd"),
            ("cd a; chown -R b .", "cd"),
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "cd a; make",
            "cd a; rm -r /tmp/x \"$y\"",
            "cd a; cd b || exit; rm -r c",
            "cd a; [ $? = 0 ] || exit; rm -r b",
            "cd a && rm -r b",
            "cd / ; rm -r b",
            "set -e; cd a; rm -r b",
            "set -e; (cd a; rm -r b)",
            "set -e; cd a; rm -r b | c",
            "cd; rm -r b",
        ],
    );
}

#[test]
fn what_the_shell_sets_or_the_script_asks_for_is_defined() {
    let rule = "undefined-variable";
    points_at(
        rule,
        &[("target=a; b $tagret", "$tagret"), ("f() { local option=1; }; a ${optoin%b}", "${optoin%b}")],
    );
    is_silent(
        rule,
        in_script,
        &[
            "target=a; b $TARGET $other",
            "target=a; b ${targets:-}",
            "target=a; . ./f; b $targte",
            "name1=a; b $name2 $names",
            "_TARGET=a; b $TARGET",
            "target=a; read -r targte; b $targte",
        ],
    );
    tells(rule, in_phase, &["a $x", "exec 3> f; a $fd"]);
    is_silent(
        rule,
        in_phase,
        &[
            "make MAKEFLAGS=\"$MAKEFLAGS -s\" HASH=\"$PYTHONHASHSEED\"",
            "echo $BASHOPTS $BASH_SUBSHELL $COPROC_PID $EPOCHREALTIME $SHELLOPTS $SRANDOM $_",
            "exec {fd}> f; echo a >&\"$fd\"",
            "declare -n y=x; y=1; echo $x",
        ],
    );
}

#[test]
fn a_status_is_masked_only_where_somebody_looks() {
    let rule = "masked-status";
    points_at(
        rule,
        &[
            ("set -e; f() { local a b=$(c | d); }", "b=$(c | d)"),
            ("f() { local a=\"$(b)\" || return; }", "a=\"$(b)\""),
            ("set -e; declare -r a=$(\"$b\")", "a=$(\"$b\")"),
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "export a=$(b)",
            "set -e; export a=$(dirname b) c=$(echo d) e=f",
            "set -e; a=$(b); export a",
            "set -e; export a=$((1 + 2)) \"$(b)\"",
        ],
    );
}

#[test]
fn a_word_that_cannot_vanish_is_fine_in_a_test() {
    let rule = "empty-test-operand";
    points_at(
        rule,
        &[("[ $x = a ]", "$x"), ("[ a != `b` ]", "`b`"), ("test ! -d $x", "$x"), ("[ -n $x -a b ]", "$x")],
    );
    is_silent(
        rule,
        in_script,
        &[
            "[ \"$x\" = a ]",
            "[ x$x = xa ]",
            "[ $# = 1 ]",
            "[ $x -gt 1 ]",
            "x=a; [ $x = a ]",
            "for x in $y; do [ $x = a ]; done",
            "[ $(grep -c a b) = 1 ]",
            "[ -z $x ]",
            "[ -n \"$x\" ] && [ $x = a ]",
            "[[ $x = a ]]",
            "case $x in a*) [ $x = ab ];; esac",
        ],
    );
}

#[test]
fn other_shells_read_what_looks_like_bash() {
    let rule = "bash-in-posix";
    points_at(
        rule,
        &[
            ("#!/bin/sh\nmake >&2 &> f", "&> f"),
            ("#!/bin/sh\n[[ $x ]]", "[["),
            ("#!/bin/sh\na x$'b'", "x$'b'"),
            ("#!/bin/sh\na $[1 + 2]", "$[1"),
            ("#!/bin/sh\na ${x:1:2}", "${x:1:2}"),
            ("#!/bin/sh\n[ $UID = 0 ]", "$UID"),
            ("#!/bin/sh\na {1..3}", "{1..3}"),
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "#!/bin/sh\nfind . -exec a {} +",
            "#!/bin/sh\na & >f",
            "#!/bin/sh\na & x=ü>f",
            "#!/bin/sh\nUID=$(id -u); a $UID",
            "#!/bin/sh\na '{b,c}' \"$[\" a{b}c x=y",
            "#!/bin/sh\nbash -c 'a {b,c}; [[ d ]]'",
            "#!/bin/sh\npushd() { cd \"$1\"; }; pushd a",
            "#!/bin/sh\nf() { local x; }",
            "#!/bin/bash\na {b,c}",
        ],
    );
}

#[test]
fn every_other_rule_over_the_flow_knows_its_exceptions() {
    for (rule, scripts) in [
        ("redirect-order", ["a 2>&1 >f | b", "x=$(a 2>&1 >f)", "a 2>&1 <f", "a 3>&1 >f"]),
        ("lost-background-job", ["a &", "set -e; a & wait", "set -e; a & p=$!", "set -e; a && b"]),
        (
            "loop-over-ls",
            [
                "for x in `ls -t`; do a; done",
                "for x in *; do a; done",
                "for x in $(ls | b); do a; done",
                "x=$(ls)",
            ],
        ),
        (
            "pipe-hides-failure",
            ["make | b", "set -e; make -n | b", "set -e; a | make", "set -eo pipefail; make | b"],
        ),
        (
            "yes-under-pipefail",
            ["yes | a", "set -o pipefail; yes | a", "set -eo pipefail; a | yes", "set -e; yes | a"],
        ),
        ("ignored-failure", ["rm a || true", "make || exit", "make -f i -C i", "trap a ERR"]),
        ("broken-continuation", ["a \\\n -b", "a -b; c --d", "\"-a\"", "a \\ b"]),
        (
            "expanding-here-document",
            [
                "cat >f <<E\n$(a)\nE\n",
                "cat <<E\n#!/bin/sh\n$(a)\nE\n",
                "x=1; cat >f <<E\n#!a\n$(b $x) $x\nE\n",
                "cat >f <<'E'\n#!a\n$(b)\nE\n",
            ],
        ),
        ("early-exit", ["exit 0; a", "bash", "exec a", "return"]),
        ("silent-edit", ["sed -e i a", "sed -n p i", "sed a -f i", "gsed"]),
        ("split-argument", ["x=a; b $x", "a \"$x\" $#", "echo $x", "for x in a b; do c $x; done"]),
    ] {
        is_silent(rule, in_script, &scripts);
    }
}

//! What lint knows at each point of a script. `rm -r` of a variable shows it: a finding says that it may be empty.

use super::testing::{found_by, in_phase, lint_of};
use crate::diag::Severity;

/// The words that findings of an error's severity point at.
fn found(script: &str) -> Vec<String> {
    let findings = lint_of(script);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| script[finding.primary.as_ref().unwrap().place.range()].to_owned()).collect()
}

fn is_silent(scripts: &[&str]) {
    for script in scripts {
        assert!(found(script).is_empty(), "{script}: {:?}", found(script));
    }
}

fn finds(cases: &[(&str, &str)]) {
    for (script, word) in cases {
        assert_eq!(found(script), [*word], "{script}");
    }
}

#[test]
fn what_is_assigned_on_every_way_is_known() {
    is_silent(&[
        "x=a; rm -r $x/b",
        "x=a && rm -r $x/b",
        "export x=a; rm -r $x/b",
        "if a; then x=1; else x=2; fi; rm -r $x/b",
        "if a; then x=1; else exit; fi; rm -r $x/b",
        "x=1; while a; do if b; then x=; exit; fi; done; rm -r $x/b",
        "x=1; while a; do if b; then x=2; break; fi; done; rm -r $x/b",
        "case $1 in a) x=1;; *) x=2;; esac; rm -r $x/b",
        "for x in a b; do rm -r $x/b; done",
        "x=$(mktemp -d); rm -r $x/b",
        "x=${1:-a}; rm -r $x/b",
        "x=a; y=$x; rm -r $y/b",
        "x=a; (rm -r $x/b)",
        "f() { local x=a; rm -r $x/b; }",
        "x=(a b); rm -r ${x[0]}/b",
        "rm -r ${x%/}a/b",
    ]);
}

#[test]
fn what_may_not_have_been_assigned_is_not_known() {
    finds(&[
        ("if a; then x=1; fi; rm -r $x/b", "$x/b"),
        ("a && x=1; rm -r $x/b", "$x/b"),
        ("(x=1); rm -r $x/b", "$x/b"),
        ("coproc P { x=1; }; rm -r $x/b", "$x/b"),
        ("x=1 | a; rm -r $x/b", "$x/b"),
        ("x=1 a; rm -r $x/b", "$x/b"),
        ("while a; do x=1; done; rm -r $x/b", "$x/b"),
        ("x=1; while a; do if b; then x=; break; fi; done; rm -r $x/b", "$x/b"),
        ("x=1; for i in a b; do c && { x=$(d); continue; }; x=2; done; rm -r $x/b", "$x/b"),
        ("x=1; while a; do case $i in a) x=; break;; esac; x=2; done; rm -r $x/b", "$x/b"),
        ("case $1 in a) x=1;; esac; rm -r $x/b", "$x/b"),
        ("x=a; unset x; rm -r $x/b", "$x/b"),
        ("x=a; read x; rm -r $x/b", "$x/b"),
        ("x=a; x=; rm -r $x/b", "$x/b"),
        ("x=$(sed -n 1p f); rm -r $x/b", "$x/b"),
        ("x=${1-a}; rm -r $x/b", "$x/b"),
        ("rm -r `a`/b", "`a`/b"),
        ("export x=; rm -r $x/b", "$x/b"),
    ]);
}

#[test]
fn a_path_is_put_together_from_what_is_written_down() {
    finds(&[("x=/usr; rm -r \"$x/lib\"", "\"$x/lib\""), ("x=/usr/; y=$x; rm -r /us\"r\"/*", "/us\"r\"/*")]);
    is_silent(&[
        "x=/usr; rm -r $x/lib/a",
        "x=/; x=a; rm -r $x",
        "rm -r /usr/lib/a /opt/b ./usr usr",
        "rm /usr",
    ]);
}

#[test]
fn a_path_is_what_the_shell_makes_of_it_however_it_is_written() {
    finds(&[
        ("rm -r /usr/.", "/usr/."),
        ("rm -r /opt/../usr//lib", "/opt/../usr//lib"),
        ("rm -r {/usr,/opt/a}", "{/usr,/opt/a}"),
        ("rm -r /us[r]", "/us[r]"),
        ("rm -r /usr/*/", "/usr/*/"),
        ("cd / && rm -r usr", "usr"),
        ("cd /usr; rm -r ./*", "./*"),
        ("rm --rec /usr", "/usr"),
        ("env -S 'rm -r /usr'", "/usr"),
        ("echo 'rm -r /usr' | sh", "/usr"),
        ("printf '%s' 'rm -r /usr' | sh -x", "/usr"),
        (". /dev/stdin <<< 'rm -r /usr'", "/usr"),
        ("rm -r ~", "~"),
        ("rm -r \"$HOME\"/*", "\"$HOME\"/*"),
    ]);
    is_silent(&[
        "cd build; rm -r *",
        "cd $1; rm -r *",
        "cd /usr; cd $1; rm -r *",
        "(cd /usr); rm -r *",
        "rm -r /usr/{lib,bin}/a '/us?' ~/a \"$HOME\"/.cache",
        "echo 'rm -r /usr' | sh f",
        "rm --rec ./usr",
    ]);
}

#[test]
fn tests_and_guards_teach() {
    is_silent(&[
        "rm -r ${x:?}/b",
        ": ${x:?}; rm -r $x/b",
        ": ${x:=a}; rm -r $x/b",
        "[ -n \"$x\" ] && rm -r $x/b",
        "[ -z \"$x\" ] || rm -r $x/b",
        "[ -z \"$x\" ] && exit 1; rm -r $x/b",
        "test -n \"$x\" || { echo no; exit 1; }; rm -r $x/b",
        "[[ -n $x && $y == b ]] && rm -r $x/b",
        "if [ -d \"$x\" ]; then rm -r $x/b; fi",
        "if [ ! -n \"$x\" ]; then return; fi; rm -r $x/b",
        "if [ -z \"$x\" ]; then exit; fi; rm -r $x/b",
        "if ! [ \"$x\" ]; then exit; fi; rm -r $x/b",
        "if [ \"$x\" = a ]; then rm -r $x/b; fi",
        "[ \"$x\" != \"\" ] && rm -r $x/b",
        "[ \"$x\" = \"\" ] && exit; rm -r $x/b",
    ]);
    finds(&[
        ("[ -z \"$x\" ] && rm -r $x/b", "$x/b"),
        ("[ -n \"$x\" ] || rm -r $x/b", "$x/b"),
        ("[ -n \"$x\" ] && a; rm -r $x/b", "$x/b"),
        ("[[ -n $x || -n $y ]] && rm -r $x/b", "$x/b"),
    ]);
}

#[test]
fn an_old_value_is_forgotten_where_there_may_be_another() {
    finds(&[
        ("x=a; export x=/usr; rm -r $x", "$x"),
        ("x=/; y=${x}usr; z=$y/lib; rm -r $z", "$z"),
        ("f() { rm -r $1/b; }; [ -n \"$1\" ] && f", "$1/b"),
        ("[ -n \"$1\" ] || exit; shift; rm -r $1/b", "$1/b"),
        ("[ -n \"$1\" ] || exit; sh -c 'rm -r $1/b'", "$1/b"),
        ("[ -n $x ] && rm -r $x/b", "$x/b"),
        ("[ -n \"${#x}\" ] && rm -r $x/b", "$x/b"),
        ("[ -n \"${x:-a}\" ] && rm -r $x/b", "$x/b"),
        ("[ \"$x\" ] || exec >f; rm -r $x/b", "$x/b"),
        ("case $x in *) rm -r $x/b;; esac", "$x/b"),
    ]);
    is_silent(&[
        "x=/usr; f() { x=/opt/a; }; f; rm -r $x",
        "x=/usr; while a; do rm -r $x; x=/opt/a; done",
        "x=/usr; for y in a b; do rm -r $x; x=/opt/a; done",
        "x=/usr; . ./f; rm -r $x",
        "x=/usr; x+=a; rm -r $x",
        "x=/usr; printf -v x %s /a; rm -r ${x:?}",
        "[ -n \"${x:-}\" ] && rm -r $x/b",
        "[[ -n $x ]] && rm -r $x/b",
        "case $x in a|b*) rm -r $x/b;; esac",
        "for x in $(a); do rm -r $x/b; done",
        "[ \"$x\" ] || exec a; rm -r $x/b",
    ]);
}

#[test]
fn what_may_be_the_purpose_of_a_script_is_no_error() {
    is_silent(&["useradd a", "systemctl restart a", "mount a /b"]);
    let severities: Vec<_> = lint_of("sudo a").iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Note]);
}

#[test]
fn a_script_that_a_here_document_writes_is_read_as_one_of_its_own() {
    for script in [
        "cat > /usr/bin/tool << \"E\"\n#!/bin/sh\nrm -r /usr\nE\n",
        "tee tool << 'E' > /dev/null\n#!/usr/bin/env bash\nrm -r /usr\nE\n",
        "x=a\ncat > tool << 'E'\n#!/bin/bash -e\nrm -r \"/$x\"\nE\n",
    ] {
        assert_eq!(found(script).len(), 1, "{script}");
    }
    is_silent(&[
        "cat > tool << 'E'\n#!/usr/bin/perl\nrm -r /usr\nE\n",
        "cat > list << 'E'\nrm -r /usr\nE\n",
        // It is no phase: what it writes is no part of an artifact.
        "cat > tool << 'E'\n#!/bin/sh\n[ -n \"$1\" ] && rm -r \"/$1\"\nE\n",
    ]);
}

#[test]
fn a_loop_goes_through_the_paths_that_are_written_for_it() {
    finds(&[
        ("for d in /opt/a /usr; do rm -r $d; done", "$d"),
        ("for d in usr etc; do rm -rf \"/$d\"; done", "\"/$d\""),
        ("rm -rf \"${x:-/usr}\"", "\"${x:-/usr}\""),
    ]);
    is_silent(&[
        "for d in /opt/a /opt/b; do rm -r $d; done",
        "for d in usr etc; do rm -rf a/$d; done",
        "for d in usr etc; do d=a/$d; rm -rf /$d; done",
        "for d in /usr /etc; do :; done; rm -rf \"/opt/a$d\"",
        "rm -rf \"${x:-/opt/a}\"",
        "for d in /usr/*; do case $d in *.bak) rm -rf $d ;; esac; done",
    ]);
}

#[test]
fn a_mark_that_nobody_sees_is_told() {
    assert_eq!(found_by("syntax-error", "\u{feff}rm -r $x/b"), ["\u{feff}"]);
    assert!(found_by("syntax-error", "echo '\u{feff}'").is_empty());
}

#[test]
fn an_extended_pattern_needs_a_shell_that_reads_it() {
    for script in
        ["rm !(a|b)", "f() { for x in ?(a)b; do c; done; }", "case x in @(a)) b ;; esac", "x=$(ls a+(b))"]
    {
        assert_eq!(found_by("syntax-error", script).len(), 1, "{script}");
        assert!(in_phase("syntax-error", script), "{script}");
        let script = format!("shopt -s extglob\n{script}");
        assert!(found_by("syntax-error", &script).is_empty(), "{script}");
        assert!(in_phase("syntax-error", &script), "{script}");
    }
    for script in [
        "[[ x == @(a|b) ]]",
        "[[ x =~ a+(b) ]] && ! (a)",
        "shopt -s extglob; eval 'rm !(a)'",
        "echo ${x##@(a|b)} \"!(a)\" '@(b)' a\\?\\(b\\)",
        "if !(a); then b; fi",
    ] {
        assert!(found_by("syntax-error", script).is_empty() && !in_phase("syntax-error", script), "{script}");
    }
    assert_eq!(found_by("syntax-error", "[[ $(ls !(a)) ]]"), ["!("]);
}

#[test]
fn a_script_is_read_as_far_as_the_shell_comes() {
    let said = |script: &str| {
        let findings = lint_of(script);
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    // An archive behind the script, and what pip writes for Python.
    assert_eq!(said("rm -r /usr\nexit 0\nPK\x03\0((\n"), ["not-checked", "recursive-remove"]);
    let python =
        "#!/bin/sh\n'''exec' \"/opt/bin/python\" \"$0\" \"$@\"\n' '''\nimport sys\nsys.exit(main('x'))\n";
    assert_eq!(said(python), ["not-checked"]);
    // What the shell may come to.
    for script in [
        "a && exit\n)\n",
        "exec > log\n)\n",
        "(exit)\n)\n",
        "exit &\n)\n",
        "f() { exit; }\n)\n",
        "if exit\nfi\n",
    ] {
        assert_eq!(said(script), ["syntax-error"], "{script}");
    }
    assert_eq!(said("exit 0\nrm -r /usr\n"), ["recursive-remove"]);
}

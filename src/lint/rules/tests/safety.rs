//! Where rules over what is run, fetched, hidden or let in draw the line.

use crate::lint::testing::{in_phase, in_script, is_silent, tells};

#[test]
fn only_what_runs_a_download_is_told() {
    let rule = "download-to-shell";
    tells(
        rule,
        in_script,
        &[
            "curl u | sh",
            "curl u | tee f | bash -x",
            "{ echo a; wget -O- u; } | sh",
            ". <(curl u)",
            "bash -c \"`curl u`\"",
            "bash <<< \"$(curl u)\"",
            "curl u | python3 -",
            "python3 -c \"$(curl u)\"",
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "curl u | sh f",
            "curl u | python3 f.py",
            "curl u | jq .",
            "sh f | curl u",
            "echo \"$(curl u)\"",
            "cat f | sh",
        ],
    );
}

#[test]
fn decoded_text_is_told_only_where_it_runs() {
    let rule = "decoded-payload";
    tells(
        rule,
        in_script,
        &["base64 -di x | sudo sh -s", "bash <<< \"$(base32 -d x)\"", "a | { cat; uudecode; } | perl"],
    );
    is_silent(
        rule,
        in_script,
        &["base64 -d x | tar x", "x=$(base64 -d x)", "base64 x | sh", "sh x | base64 -d"],
    );
}

#[test]
fn eval_of_names_and_of_what_is_made_for_it_is_left_alone() {
    let rule = "dynamic-code";
    tells(
        rule,
        in_script,
        &[
            "eval \"$@\"",
            "x=$1; eval a $x",
            "eval \"$(a | sed b)\"",
            "eval \"$(< f)\"",
            "read -r x; bash -ec \"$x\"",
            "for x; do eval \"a=$x\"; done",
            "local x=\"$(cat a)\"; y=\"b $x\"; eval \"$y\"",
            "eval \"${x:-$1}\"",
            "su -c x; eval `cat f`",
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "eval set -- \"$(getopt -o a -- \"$@\")\"",
            "eval `ssh-agent -s`",
            "eval \"${x}_y=1\"",
            "eval \"echo \\$$x\"",
            "eval \"a=\\${b_$x}\"",
            "x='make a'; eval \"$x\"",
            "x=a; b && x=c; eval \"$x\"",
            "eval \"$x\"; eval \"${x:+$y}\"",
            "x=$(dircolors); eval \"$x\"",
            "eval \"$(declare -f a)\"",
            "x=\"$(echo a | git rev-parse --parseopt -- \"$@\" || echo b)\"; eval \"$x\"",
            "eval \"a=$(printf %q \"$1\")\"",
            "for x in a b; do eval \"f_$x() { g $x; }\"; done",
            "ac_try=$1; eval \"$ac_try\"",
            "sh -c 'a \"$1\"' sh \"$x\"",
            "sh -c \"cd $PWD\"",
            "sh \"$x\"",
        ],
    );
}

#[test]
fn a_name_that_is_whole_hides_nothing() {
    let rule = "hidden-command";
    tells(rule, in_script, &["r''m a", "\"r\"m a", "r\\m a", "${a:0:1}${b:1:1} c", "$(printf rm) a"]);
    tells(rule, in_script, &["/bin/r? a", "r[m] a", "/???/rm a", "r$@m a", "r\"$*\"m a", "rm$IFS-r${IFS}a"]);
    is_silent(
        rule,
        in_script,
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
    tells(
        rule,
        in_script,
        &[
            "curl -fsSo a u; bash -e a",
            "curl --output=a u && . ./a",
            "cd d; wget https://h/a.sh?x; sh a.sh",
            "curl u > a; python3 a",
            "git clone https://h/t; t/build",
            "f=/var/tmp/x; source \"$f\"",
        ],
    );
    is_silent(
        rule,
        in_script,
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
    is_silent(rule, in_phase, &[". /tmp/a"]);
}

#[test]
fn a_commit_pins_what_is_cloned() {
    let rule = "unpinned-checkout";
    let hash = "9a93b2b7dfdac77ceba5a558a580e74667dd6fed";
    tells(
        rule,
        in_script,
        &["git clone u/v", "git clone h:r d; git checkout v1", "wget https://h/latest.zip"],
    );
    is_silent(
        rule,
        in_script,
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
    tells(rule, in_script, &["curl -fsSLk u", "curl -sko a u", "git -c http.sslVerify=false fetch"]);
    is_silent(
        rule,
        in_script,
        &["curl -ok u", "curl -Hk u", "wget http://h/a; sha256sum -c a.sum", "GOINSECURE= go build", "ls -k"],
    );
}

#[test]
fn what_is_added_to_a_search_path_is_looked_at_alone() {
    let rule = "unsafe-search-path";
    tells(
        rule,
        in_script,
        &["PATH=a:$PATH", "PATH=$PATH:.", "env PATH=: a", "declare -x PATH=\"$PATH::/b\""],
    );
    is_silent(
        rule,
        in_script,
        &["PATH=", "PATH=$a:$PATH", "PATH=\"$a/b:$PATH\"", "PATH+=:/b", "PATH=${PATH}:/b", "echo PATH=."],
    );
}

#[test]
fn a_separator_that_is_put_back_or_stays_inside_is_no_leak() {
    let rule = "separator-leak";
    tells(rule, in_script, &["IFS=,; a", "f() { IFS=,; a; }; f", "if a; then IFS=,; fi"]);
    is_silent(
        rule,
        in_script,
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
fn a_check_whose_failure_is_passed_over_is_told_however_it_is_written() {
    let rule = "verification-skipped";
    tells(
        rule,
        in_script,
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
    is_silent(
        rule,
        in_script,
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
    tells(
        rule,
        in_script,
        &[
            "curl --insec u",
            "o=-k; curl $o u",
            "o='-s -k'; curl $o u",
            "wget --no-check-cert u",
            "ssh -o 'StrictHostKeyChecking no' h",
            "skopeo copy --src-tls-verify=false a b",
        ],
    );
    is_silent(
        rule,
        in_script,
        &["curl --proxy p u", "curl -i u", "wget --no-cookies u", "ssh -o BatchMode=yes h"],
    );
}

#[test]
fn a_file_of_the_system_s_security_is_written_by_whatever_program_from_wherever() {
    let rule = "security-file";
    tells(
        rule,
        in_script,
        &[
            "cd /etc; echo a >> passwd",
            "cd /etc && sed -i s/a/b/ sudoers",
            "perl -pi -e s/a/b/ /etc/passwd",
            "perl -i.bak -pe s/a/b/ /etc/shadow",
            "a | sponge /etc/passwd",
            "rsync a /etc/sudoers.d/",
            "echo a >> /root/.ssh/authorized_keys",
        ],
    );
    is_silent(
        rule,
        in_script,
        &[
            "cd etc; echo a >> passwd",
            "cd /etc; cd /opt; echo a >> passwd",
            "cd /etc; echo a >> /opt/passwd",
            "perl -ne print /etc/passwd",
            "rsync /etc/passwd a",
            "cat /root/.ssh/authorized_keys",
        ],
    );
}

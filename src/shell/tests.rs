//! What the tree of a text is, in a short notation: words stand between `‹›`, quoted pieces between `"`.

use super::tree::*;
use super::*;

fn tree(text: &str) -> String {
    dialect_tree(text, Dialect::Bash)
}

fn dialect_tree(text: &str, dialect: Dialect) -> String {
    let parsed = parse(text, dialect);
    match parsed.problem {
        Some(problem) => format!("{:?} `{}`: {}", problem.kind, &text[problem.span.range()], problem.message),
        None => list(&parsed.statements),
    }
}

fn list(statements: &[Statement]) -> String {
    statements.iter().map(statement).collect::<Vec<_>>().join("; ")
}

fn statement(statement: &Statement) -> String {
    let mut text = pipeline(&statement.first);
    for (connector, next) in &statement.rest {
        text += if *connector == Connector::And { " && " } else { " || " };
        text += &pipeline(next);
    }
    text + if statement.background { " &" } else { "" }
}

fn pipeline(pipeline: &Pipeline) -> String {
    let commands: Vec<_> = pipeline.commands.iter().map(command).collect();
    format!("{}{}", if pipeline.negated { "! " } else { "" }, commands.join(" | "))
}

fn command(command: &Command) -> String {
    match command {
        Command::Simple(simple) => {
            let assignments = simple.assignments.iter().map(|assignment| {
                let sign = if assignment.append { "+=" } else { "=" };
                let value = match &assignment.value {
                    Value::Scalar(value) => word(value),
                    Value::Array(values) => format!("({})", words(values)),
                };
                format!("{}{}{sign}{value}", assignment.name, if assignment.element { "[]" } else { "" })
            });
            let words = simple.words.iter().map(word);
            assignments
                .chain(words)
                .chain(simple.redirects.iter().map(redirect))
                .collect::<Vec<_>>()
                .join(" ")
        }
        Command::Compound(inner) => compound(inner),
        Command::Function(function) => format!("function {} {}", function.name, compound(&function.body)),
    }
}

fn compound(compound: &Compound) -> String {
    let kind = match &compound.kind {
        CompoundKind::Brace(body) => format!("{{ {} }}", list(body)),
        CompoundKind::Subshell(body) => format!("( {} )", list(body)),
        CompoundKind::If { branches, otherwise } => {
            let branches: Vec<_> = branches
                .iter()
                .map(|(condition, body)| format!("if {} then {}", list(condition), list(body)))
                .collect();
            let otherwise = otherwise.as_ref().map_or(String::new(), |body| format!(" else {}", list(body)));
            format!("{}{otherwise} fi", branches.join(" el"))
        }
        CompoundKind::Loop { until, condition, body } => {
            format!("{} {} do {} done", if *until { "until" } else { "while" }, list(condition), list(body))
        }
        CompoundKind::For { variable, words: through, arithmetic, body } => {
            let through = through.as_ref().map_or(String::new(), |through| format!(" in {}", words(through)));
            let arithmetic = arithmetic.as_ref().map_or(String::new(), word);
            format!("for {variable}{through}{arithmetic} do {} done", list(body))
        }
        CompoundKind::Case { word: compared, arms } => {
            let arms: Vec<_> =
                arms.iter().map(|arm| format!("{}) {}", words(&arm.patterns), list(&arm.body))).collect();
            format!("case {} in {} esac", word(compared), arms.join(";; "))
        }
        CompoundKind::Test(inner) => format!("[[ {} ]]", words(inner)),
        CompoundKind::Arithmetic(inner) => format!("(( {} ))", word(inner)),
    };
    let redirects: String = compound.redirects.iter().map(|inner| format!(" {}", redirect(inner))).collect();
    kind + &redirects
}

fn redirect(redirect: &Redirect) -> String {
    let descriptor = match &redirect.descriptor {
        None => String::new(),
        Some(Descriptor::Number(number)) => number.to_string(),
        Some(Descriptor::Variable(name)) => format!("{{{name}}}"),
    };
    format!("{descriptor}{:?}{}", redirect.kind, word(&redirect.target))
}

fn words(words: &[Word]) -> String {
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &Word) -> String {
    format!("‹{}›", parts(&word.parts))
}

fn parts(pieces: &[Part]) -> String {
    let piece = |part: &Part| {
        let text = match &part.kind {
            PartKind::Literal(text) => text.replace('\n', "\\n"),
            PartKind::Parameter(parameter) => match parameter.operation {
                Operation::Value => format!("${}", parameter.name),
                operation => format!("${{{} {operation:?} {}}}", parameter.name, parts(&parameter.word)),
            },
            PartKind::Command(body) => format!("$({})", list(body)),
            PartKind::Process(body) => format!("<({})", list(body)),
            PartKind::Arithmetic(inner) => format!("$(({}))", parts(inner)),
        };
        if part.quoted { format!("\"{text}\"") } else { text }
    };
    pieces.iter().map(piece).collect()
}

#[test]
fn quotes_go_and_leave_their_mark() {
    assert_eq!(tree(r#"echo a"b $c"'d'\e"#), r#"‹echo› ‹a"b ""$c""d""e"›"#);
    assert_eq!(tree("echo foo\\\nbar"), "‹echo› ‹foobar›");
    assert_eq!(tree(r"echo $'it\'s\t\x41'"), "‹echo› ‹\"it's\tA\"›");
    assert_eq!(tree("echo \"\" ''"), "‹echo› ‹\"\"› ‹\"\"›");
    assert_eq!(tree("echo a\u{a0}b"), "‹echo› ‹a\u{a0}b›");
}

#[test]
fn a_hash_in_a_word_begins_no_comment() {
    assert_eq!(tree("FOO=# ; rm -rf /"), "FOO=‹#›; ‹rm› ‹-rf› ‹/›");
    assert_eq!(tree("a#b # c"), "‹a#b›");
}

#[test]
fn lists_and_pipelines_keep_their_connectors() {
    assert_eq!(tree("a && ! b | c || d & e"), "‹a› && ! ‹b› | ‹c› || ‹d› &; ‹e›");
    assert_eq!(tree("! ! a"), "‹a›");
    assert_eq!(tree("time -p a | b"), "‹a› | ‹b›");
    assert_eq!(tree("a |& b"), "‹a› | ‹b›");
}

#[test]
fn what_only_bash_has_is_what_bash_takes_it_for() {
    assert_eq!(tree("[[ a && b < c ]] && d"), "[[ ‹a› ‹&&› ‹b› ‹<› ‹c› ]] && ‹d›");
    assert_eq!(tree("[[ $x =~ ^(a|b c)$ ]]"), "[[ ‹$x› ‹=~› ‹^(a|b c)$› ]]");
    assert_eq!(tree("a=(1 \"2\"\n# c\n3) b+=x c[1]=y"), "a=(‹1› ‹\"2\"› ‹3›) b+=‹x› c[]=‹y›");
    assert_eq!(tree("local a=(1 2)"), "‹local› ‹a=12›");
    assert_eq!(tree("((i++)); (( a > b ))"), "(( ‹i++› )); (( ‹ a > b › ))");
    assert_eq!(tree("((a) | (b))"), "( ( ‹a› ) | ( ‹b› ) )");
    assert_eq!(tree("cmd &> out"), "‹cmd› WriteBoth‹out›");
    assert_eq!(tree("a >& out 2>&1 <<< b"), "‹a› WriteBoth‹out› 2Duplicate‹1› HereString‹b›");
    assert_eq!(
        tree("a 3<b {c}>d <&3 {c}<&-"),
        "‹a› 3Read‹b› {c}Write‹d› DuplicateInput‹3› {c}DuplicateInput‹-›"
    );
    assert_eq!(tree("diff <(a) b"), "‹diff› ‹<(‹a›)› ‹b›");
    assert_eq!(tree("for ((i=0;i<3;i++)); do a; done"), "for ‹i=0;i<3;i++› do ‹a› done");
    assert_eq!(tree("for x in a; { b; }"), "for x in ‹a› do ‹b› done");
    assert_eq!(tree("select x in a; do b; done"), "for x in ‹a› do ‹b› done");
    assert_eq!(tree("f-b() (( 1 ))"), "function f-b { (( ‹ 1 › )) }");
}

#[test]
fn a_coprocess_has_a_name_and_is_what_it_runs() {
    let name = |text: &str| {
        let parsed = parse(text, Dialect::Bash);
        assert_eq!(parsed.problem, None, "{text}");
        match &parsed.statements[0].first.commands[0] {
            Command::Compound(compound) => compound.coprocess.clone(),
            _ => None,
        }
    };
    for text in [
        "coproc x { a; }",
        "coproc x \\\n (a)",
        "coproc x while a; do b; done > f",
        "coproc x if (a) then b; fi",
    ] {
        assert_eq!(name(text).as_deref(), Some("x"), "{text}");
    }
    for text in ["coproc { { a; }; }", "coproc (a)", "coproc while a; do b; done"] {
        assert_eq!(name(text).as_deref(), Some("COPROC"), "{text}");
    }
    for text in ["coproc x a", "coproc $(a)", "coproc a=1 b", "coproc [[ a ]] && { b; }", "{ a; }"] {
        assert_eq!(name(text), None, "{text}");
    }
    assert_eq!(tree("coproc x { a; }"), "{ ‹a› }");
    assert_eq!(tree("coproc ! a"), "Malformed `coproc`: expected a command after `coproc`");
}

#[test]
fn a_negation_may_stand_alone_in_bash() {
    for text in ["!", "! ; a", "a && !", "if ! \n then a; fi", "{ !; }", "! ! # b", "$( ! ;)", "!\n! b"] {
        assert_eq!(parse(text, Dialect::Bash).problem, None, "{text}");
        assert!(parse(text, Dialect::Posix).problem.is_some(), "{text}");
    }
    for text in ["! && a", "! &", "( ! )", "a | !", "a | ! b", "{ ! }", "case a in b) ! ;; esac"] {
        assert!(parse(text, Dialect::Bash).problem.is_some(), "{text}");
    }
}

#[test]
fn time_is_reserved_only_before_a_pipeline() {
    for text in [
        "time { a; }",
        "a && time (b)",
        "! time -p -- { a; } | b",
        "if time { a; }; then time; fi",
        "a | time b",
    ] {
        assert_eq!(parse(text, Dialect::Bash).problem, None, "{text}");
    }
    for text in ["a | time { b; }", "a |\n time (b)", "f() time { a; }", "time | a", "time && a", "(time)"] {
        assert!(parse(text, Dialect::Bash).problem.is_some(), "{text}");
    }
    assert_eq!(tree("a | time b"), "‹a› | ‹time› ‹b›");
}

#[test]
fn in_posix_they_are_not() {
    assert_eq!(dialect_tree("[[ a && b ]]", Dialect::Posix), "‹[[› ‹a› && ‹b› ‹]]›");
    assert_eq!(dialect_tree("cmd &> out", Dialect::Posix), "‹cmd› &; Write‹out›");
    assert_eq!(dialect_tree("time a", Dialect::Posix), "‹time› ‹a›");
    assert_eq!(dialect_tree("a=(1)", Dialect::Posix), "Malformed `(`: unexpected `(`");
}

#[test]
fn expansions_say_what_they_do() {
    assert_eq!(tree("echo $a${b}$1$@"), "‹echo› ‹$a$b$1$@›");
    assert_eq!(tree("${a:?no $b}"), "‹${a Require { also_empty: true } no $b}›");
    assert_eq!(tree("\"${a-}\""), "‹\"${a Default { also_empty: false } }\"›");
    assert_eq!(tree("${a%%'}'*}"), "‹${a Trim %\"}\"*}›");
    assert_eq!(
        tree("${#a} ${a[@]} ${!a} ${a//b/c}"),
        "‹${a Length }› ‹${a Other @}› ‹${a Other }› ‹${a Other /b/c}›"
    );
    assert_eq!(tree("$((1 + $(a) + ${b}))"), "‹$((1 + \"$(‹a›)\" + \"$b\"))›");
    assert_eq!(tree("$(case x in a) b;; esac)"), "‹$(case ‹x› in ‹a›) ‹b› esac)›");
}

#[test]
fn arithmetic_is_read_as_such_up_to_a_length() {
    let expression = |terms: usize| format!("(({}0))", "a + ".repeat(terms));
    assert!(tree(&expression(4000)).starts_with("(( ‹a + "));
    assert!(!tree(&expression(5000)).starts_with("(( "));
}

#[test]
fn backticks_are_read_without_their_backslashes_and_keep_their_places() {
    let text = r"x=`a \`b\` '\\'`";
    assert_eq!(tree(text), r#"x=‹$(‹a› ‹$(‹b›)› ‹"\"›)›"#);
    let parsed = parse(text, Dialect::Bash);
    let debug = format!("{parsed:?}");
    // `b` stands at byte 7.
    assert!(debug.contains("Span { start: 7, end: 8 }"), "{debug}");
}

#[test]
fn here_documents_are_read_as_they_will_be_expanded() {
    assert_eq!(
        tree("cat <<E; b\nx $y \\$z \"\nE\n"),
        "‹cat› HereDocument‹\"x \"\"$y\"\" \"\"$\"\"z \"\\n\"›; ‹b›"
    );
    assert_eq!(tree("cat <<'E'\n$y\nE\n"), "‹cat› HereDocument‹\"$y\\n\"›");
    assert_eq!(tree("cat <<-E\n\ta\tb\n\tE\nc"), "‹cat› HereDocument‹\"a\tb\\n\"›; ‹c›");
    assert_eq!(tree("cat <<A <<B\n1\nA\n2\nB\n"), "‹cat› HereDocument‹\"1\\n\"› HereDocument‹\"2\\n\"›");
    assert_eq!(tree("cat <<E\na"), "Malformed `<<E`: this here-document has no line `E` to end it");
}

#[test]
fn compound_commands_hold_their_parts() {
    assert_eq!(
        tree("if a; then b; elif c; then d; else e; fi >f"),
        "if ‹a› then ‹b› elif ‹c› then ‹d› else ‹e› fi Write‹f›"
    );
    assert_eq!(tree("if (a) then { b; } fi"), "if ( ‹a› ) then { ‹b› } fi");
    assert_eq!(tree("while a; do b; done"), "while ‹a› do ‹b› done");
    assert_eq!(tree("for x do a; done"), "for x do ‹a› done");
    assert_eq!(tree("case $x in (a|b) c;; *) d;& esac"), "case ‹$x› in ‹a› ‹b›) ‹c›;; ‹*›) ‹d› esac");
    assert_eq!(tree("f() { a; }; function g { b; }"), "function f { ‹a› }; function g { ‹b› }");
}

#[test]
fn a_compound_command_spans_all_of_itself() {
    let text = "  { a; if b; then (c); fi; } > d ; e";
    let parsed = parse(text, Dialect::Bash);
    let debug = format!("{parsed:?}");
    for piece in ["{ a; if b; then (c); fi; } > d", "if b; then (c); fi", "(c)"] {
        let start = text.find(piece).unwrap();
        let span = format!("Span {{ start: {start}, end: {} }}", start + piece.len());
        assert!(debug.contains(&span), "{piece}: {debug}");
    }
}

#[test]
fn what_is_malformed_is_shown_at_its_cause() {
    assert_eq!(tree("if a; then b"), "Malformed `if`: this `if` has no `fi`");
    assert_eq!(tree("if a; then b; done"), "Malformed `done`: expected `fi` before this `done`");
    assert_eq!(tree("echo \"a"), "Malformed `\"`: this `\"` is never closed");
    assert_eq!(tree("echo $(a"), "Malformed `$(`: this `(` is never closed");
    assert_eq!(tree("a; fi"), "Malformed `fi`: unexpected `fi`: nothing is open that it could close");
    assert_eq!(tree("(a) (b)"), "Malformed `(b)`: expected `;`, `&` or a new line before this");
    assert_eq!(tree("a &&"), "Malformed `&&`: expected a command after this");
    assert_eq!(tree("a; then b"), "Malformed `then`: unexpected `then` here");
    assert_eq!(tree("while a; b; done"), "Malformed `while`: this loop has no `do` before its `done`");
    assert_eq!(tree("echo > ; a"), "Malformed `>`: expected a word after `>`");
    assert_eq!(tree("a;;b"), "Malformed `;;`: unexpected `;;` here");
    assert_eq!(tree("a\0"), "Malformed `\0`: a NUL byte cannot be in shell text");
}

#[test]
fn what_stands_before_a_problem_is_read() {
    let parsed = parse("a\nb\nrm \"c", Dialect::Bash);
    assert_eq!(list(&parsed.statements), "‹a›; ‹b›");
    assert!(parsed.problem.is_some());
}

#[test]
fn what_cannot_be_read_hides_nothing_that_comes_after_it() {
    let deep = format!("{}true{}", "{ ".repeat(300), "; }".repeat(300));
    let over_lines = format!("{}true\n{}", "{\n".repeat(300), "}\n".repeat(300));
    for (text, wanted) in [
        (format!("before\n{deep}\nafter\n"), "‹before›; ‹after›"),
        (format!("{deep}\none\n{deep}\ntwo\n"), "‹one›; ‹two›"),
        (deep.clone(), ""),
    ] {
        let parsed = parse(&text, Dialect::Bash);
        assert_eq!(parsed.problem.map(|problem| problem.kind), Some(ProblemKind::NotChecked));
        assert_eq!(list(&parsed.statements), wanted);
    }
    // The middle of something is no beginning; but reading does not go on for ever.
    assert!(parse(&over_lines, Dialect::Bash).problem.is_some());
}

#[test]
fn a_carriage_return_is_a_character() {
    assert_eq!(tree("make\r\nmake install\r\n"), "‹make\r›; ‹make› ‹install\r›");
    assert!(tree("cat <<E\r\nx\r\nE\r\n").starts_with("‹cat› "), "the delimiter has one, too");
    assert!(tree("if a; then\r\nb\r\nfi\r\n").starts_with("Malformed"));
}

#[test]
fn a_line_may_be_continued_anywhere_outside_of_single_quotes() {
    for (continued, whole) in [
        ("a &\\\n& b |\\\n| c", "a && b || c"),
        ("case a in b) c;\\\n; esac", "case a in b) c;; esac"),
        ("a >\\\n> b 2>\\\n&1 &\\\n> c", "a >> b 2>&1 &> c"),
        ("cat <\\\n<E\n$x\nE\n", "cat <<E\n$x\nE\n"),
        ("a $\\\n(b) $\\\n\\\nc \"$\\\n{d}\" $\\\n", "a $(b) $c \"${d}\" $"),
        ("f \\\n(\\\n) { a; }", "f () { a; }"),
        ("x=\\\n(a b) y=\\\nc", "x=(a b) y=c"),
        ("wh\\\nile a; do b; d\\\none", "while a; do b; done"),
    ] {
        assert_eq!(tree(continued), tree(whole), "{continued}");
    }
    assert_eq!(tree("echo 'a\\\nb'"), r#"‹echo› ‹"a\\nb"›"#, "but not in them");
}

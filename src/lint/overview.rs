//! What a script does anywhere in it, whichever way it goes.
//!
//! It does not know in which order; `state` does.

mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::shell::tree::{Statement, Word};

use super::options::Options;

/// What a script does anywhere in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overview {
    /// The variables that something sets, each with the byte from which on that may have happened: what a function does may have
    /// happened anywhere, and what a loop does from its beginning on.
    set: BTreeMap<String, u32>,
    /// The variables that are set for one command alone, as in `x=1 make`; a script inside of this one may be it.
    lent: BTreeSet<String>,
    /// The variables that other programs are given, other shells among them.
    exported: BTreeSet<String>,
    /// Whether they are given all: `set -a`.
    exports_all: bool,
    /// The variables of which something asks whether they are set, as in `${x:-}`.
    asked: BTreeSet<String>,
    /// The variables that hold something from elsewhere at some time: arguments, what a command printed or was read.
    outside: BTreeSet<String>,
    /// The functions that are defined, each with the variables that it sets.
    functions: BTreeMap<String, BTreeSet<String>>,
    /// The commands to which functions hand on their arguments, by the function's name.
    handed: BTreeMap<String, Vec<Handed>>,
    /// The options that `set` turns on, outside of subshells.
    pub(crate) options: Options,
    /// Whether it runs text that is not written here, which may set anything: `. file`, `eval "$x"`.
    pub(crate) open: bool,
    /// Whether it waits for what it runs in the background.
    pub(crate) waits: bool,
    /// Whether a shell of its own runs it, which knows no functions of the script around it.
    pub(crate) apart: bool,
    /// What the script around it does.
    outer: Option<Rc<Overview>>,
}

/// A command that a function runs with its own arguments: `run() { shift; nice "$@"; }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handed {
    /// The words before the arguments.
    pub(crate) before: Vec<Word>,
    /// How many of the arguments were shifted away.
    pub(crate) shifted: usize,
}

impl Overview {
    /// That of some statements.
    pub(crate) fn of(statements: &[Statement]) -> Self {
        look::through(statements)
    }

    /// One that knows of nothing but these variables.
    pub(crate) fn with(set: impl IntoIterator<Item = String>) -> Self {
        let set: BTreeMap<_, _> = set.into_iter().map(|name| (name, 0)).collect();
        Self { exported: set.keys().cloned().collect(), set, ..Self::default() }
    }

    /// The same, which keeps these variables for its own shell.
    #[must_use]
    pub(crate) fn keeping(mut self, names: &[&str]) -> Self {
        self.exported.retain(|name| !names.contains(&name.as_str()));
        self
    }

    /// Whether anything sets a variable.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.sets_before(name, u32::MAX)
    }

    /// Whether anything may have set a variable when the script comes to this byte; what another does may have been done before.
    pub(crate) fn sets_before(&self, name: &str, at: u32) -> bool {
        let outer = || self.outer.as_ref().is_some_and(|outer| outer.lent.contains(name) || outer.sets(name));
        self.set.get(name).is_some_and(|&from| from <= at) || outer()
    }

    /// Whether a variable is set in the shell around this one, which does not give it on.
    pub(crate) fn is_kept_outside(&self, name: &str) -> bool {
        let mut here = self;
        while let Some(outer) = &here.outer
            && !here.set.contains_key(name)
        {
            if here.apart {
                return outer.sets(name) && !outer.lent.contains(name) && !outer.exports(name);
            }
            here = outer;
        }
        false
    }

    fn exports(&self, name: &str) -> bool {
        let outer = || self.outer.as_ref().is_some_and(|outer| outer.exports(name));
        self.exports_all || self.exported.contains(name) || outer()
    }

    /// Whether a variable holds something from elsewhere at some time.
    pub(crate) fn is_from_outside(&self, name: &str) -> bool {
        self.outside.contains(name) || self.outer.as_ref().is_some_and(|outer| outer.is_from_outside(name))
    }

    /// Whether anything asks if a variable is set.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.asked.contains(name) || self.outer.as_ref().is_some_and(|outer| outer.asks(name))
    }

    /// The variables that something sets.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::successors(Some(self), |inner| inner.outer.as_deref());
        all.flat_map(|one| one.set.keys()).map(String::as_str)
    }

    /// The variables that a function sets; nothing where there is no such function.
    pub(crate) fn function(&self, name: &str) -> Option<&BTreeSet<String>> {
        let outer = || self.outer.as_ref().filter(|_| !self.apart)?.function(name);
        self.functions.get(name).or_else(outer)
    }

    /// The commands to which a function hands on its arguments.
    pub(crate) fn handed(&self, name: &str) -> &[Handed] {
        match (self.handed.get(name), &self.outer) {
            (Some(handed), _) => handed,
            (None, Some(outer)) => outer.handed(name),
            (None, None) => &[],
        }
    }

    /// The same, of a text that runs in the same shell as another, before or after it, and not inside of it.
    #[must_use]
    pub(crate) fn beside(self) -> Self {
        Self { lent: BTreeSet::new(), ..self }
    }

    /// The same, of a script inside another.
    #[must_use]
    pub(crate) fn inside(mut self, outer: &Rc<Self>) -> Self {
        self.open |= outer.open;
        self.waits |= outer.waits;
        self.options = self.options.or(outer.options);
        self.outer = Some(Rc::clone(outer));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;

    fn of(script: &str) -> Overview {
        Overview::of(&crate::shell::parse(script, Dialect::Bash).statements)
    }

    #[test]
    fn whatever_sets_a_variable_is_seen() {
        for script in [
            "x=1",
            "a && { b || x=1; }",
            "f() { (x=1); }",
            "x=1 f; f() { a; }",
            "x=1 \"$a\"",
            "x=1 export y",
            "for x in a; do b; done",
            "while read -r a x; do b; done",
            "getopts ab x",
            "printf -v x %s a",
            "declare -r x",
            "export x=\"$(a)\"",
            ": ${x:=a}",
            "echo $((x = 1)) $(( a < (x += 1) ))",
            "((x++))",
            "let x=1",
            "for ((x=0; x<3; x++)); do a; done",
            "a \"$(b ${c:-$((++x))})\"",
            "mapfile -t x <f",
            "x[1]=a",
            "cat <<E\n${x=a}\nE\n",
            "exec {x}> f",
        ] {
            assert!(of(script).sets("x"), "{script}");
        }
        for script in [
            "a x=1",
            "x=1 a",
            "x=1 sh -c b",
            "echo $((x == 1)) $((x <= 1)) $x",
            "[ x = 1 ]",
            "read -p \"$x\" a",
            "unset x",
        ] {
            assert!(!of(script).sets("x") && !of(script).open, "{script}");
        }
    }

    #[test]
    fn what_is_set_is_set_from_there_on() {
        let before = |script: &str| of(script).sets_before("x", script.find("$x").unwrap() as u32);
        for script in [
            "x=1; a $x",
            "for y in a; do b $x; x=1; done",
            "while b $x; do x=1; done",
            "f() { x=1; }; a $x",
            "f; a $x; f() { x=1; }",
            "read x; a $x",
            "a || x=1; b $x",
            "for x in a; do b $x; done",
            ": ${x:=1}; a $x",
            "coproc x { a; }; b $x",
            "if x=$(a); then b $x; fi",
        ] {
            assert!(before(script), "{script}");
        }
        for script in [
            "x=\"$x a\"",
            "export x=$x",
            "x=$x f; f() { a; }",
            "x=$x \"$y\" a",
            "x=$x exec a",
            "a $x; x=1",
            "for x in $x; do a; done",
            "read x <<< $x",
            "a $(b $x; x=1)",
        ] {
            assert!(!before(script) && of(script).sets("x"), "{script}");
        }
    }

    #[test]
    fn what_is_not_written_here_may_set_anything() {
        for script in [". ./f", "eval \"$x\"", "export \"$x=1\"", "printf -v \"$x\" a", "command . f"] {
            assert!(of(script).open, "{script}");
        }
    }

    #[test]
    fn functions_options_and_waits_are_seen() {
        let overview = of("set -e; (set -u); f() { x=1; }; y=1; a & wait; [ -v z ]; echo ${w-}");
        assert_eq!(overview.function("f").unwrap().iter().collect::<Vec<_>>(), ["x"]);
        assert!(overview.function("g").is_none());
        assert!(overview.options.errexit && !overview.options.nounset && overview.waits);
        assert!(overview.asks("z") && overview.asks("w") && !overview.asks("y"));
    }
}

//! What stands around a piece of a script, and what becomes of its failure there.

/// What stands around a piece of a script.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Around {
    /// What becomes of its failure.
    pub(crate) fate: Fate,
    /// Whether it is in a function.
    pub(crate) function: bool,
    /// Whether it is in a subshell or substitution.
    pub(crate) subshell: bool,
    /// Whether something feeds its standard input: a pipe, or a redirection of what it is in.
    pub(crate) fed: bool,
    /// Whether it ends the script, the function or the subshell that it is in, whose failure its own then is.
    pub(crate) tail: bool,
    /// Whether it stands behind `||`, where `$?` is that of a failure.
    pub(crate) after_failure: bool,
}

/// What becomes of a failure (POSIX.1-2024, `set -e`; bash(1), `set`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// The script ends under `set -e`, and goes on without it.
    #[default]
    Open,
    /// It decides: the condition of `if` or `while`, or turned round by `!`.
    Asked,
    /// It ends a chain of `&&`, and nothing else: `set -e` does not see it.
    Chained,
    /// What stands behind `||` runs.
    Handled,
    /// It is lost in a pipeline, of which only the last command counts without `pipefail`.
    Piped,
    /// It is lost: the command stands, not as the last, in a list that is asked, chained or handled as a whole.
    Lost,
}

impl Around {
    /// Around a script.
    pub(in crate::lint) fn script() -> Self {
        Self { tail: true, ..Self::default() }
    }

    pub(in crate::lint) fn with(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    pub(in crate::lint) fn in_subshell(self) -> Self {
        Self { subshell: true, tail: true, ..self }
    }

    pub(in crate::lint) fn not_last(self) -> Self {
        Self { tail: false, ..self }
    }

    pub(in crate::lint) fn fed(self) -> Self {
        Self { fed: true, ..self }
    }
}

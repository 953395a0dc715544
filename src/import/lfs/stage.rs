//! The stages of a project that a book becomes.

/// A stage, one a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Cross,
    Temporary,
    Chroot,
    System,
}

impl Stage {
    /// The stage of a chapter that builds packages.
    pub(super) fn of(chapter: u8) -> Option<Self> {
        Some(match chapter {
            4 | 5 => Self::Cross,
            6 => Self::Temporary,
            7 => Self::Chroot,
            8 => Self::System,
            _ => return None,
        })
    }

    /// Its name, which is also that of its folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cross => "cross",
            Self::Temporary => "temporary",
            Self::Chroot => "chroot",
            Self::System => "system",
        }
    }

    /// Whether there is nothing of the machine in its root.
    pub(super) fn is_composed(self) -> bool {
        matches!(self, Self::Chroot | Self::System)
    }
}

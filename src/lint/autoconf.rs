//! What every `configure` has that autoconf writes: nobody changes it there.

use crate::shell::tree::{Part, PartKind};

/// Whether an expansion is of one of its variables (Autoconf manual, "Special Shell Variables").
pub(super) fn is_of_autoconf(part: &Part) -> bool {
    matches!(&part.kind, PartKind::Parameter(parameter) if ["ac_", "as_"].iter().any(|own| parameter.name.starts_with(own)))
}

//! In which sections two ELF files differ (elf(5)).

use object::{Object as _, ObjectSection as _};

use super::content;

/// Sections that differ, unless one of the two is no ELF file.
pub(super) fn differences(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    if !(a.starts_with(b"\x7fELF") && b.starts_with(b"\x7fELF")) {
        return None;
    }
    let (a, b) = (sections(a)?, sections(b)?);
    let mut lines = Vec::new();
    for (name, data) in &a {
        match b.iter().find(|(other, _)| other == name) {
            None => lines.push(format!("section {name}: only in the first build")),
            Some((_, other)) if data != other => {
                lines.push(format!("section {name}: {}", content::bytes(data, other)));
            }
            Some(_) => {}
        }
    }
    let added = b.iter().filter(|(name, _)| !a.iter().any(|(other, _)| other == name));
    lines.extend(added.map(|(name, _)| format!("section {name}: only in the second build")));
    // Text first: in the build's own words it says what the other sections only follow from.
    lines.sort_by_key(|line| !line.contains('`'));
    Some(lines)
}

/// Names and bytes of all sections. Of several with one name, each has a number of its own.
fn sections(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let file = object::File::parse(bytes).ok()?;
    let mut sections: Vec<(String, &[u8])> = Vec::new();
    for section in file.sections() {
        let name = section.name().unwrap_or("without a name").to_owned();
        let again = sections.iter().filter(|(other, _)| other.split(" #").next() == Some(&name)).count();
        let name = if again == 0 { name } else { format!("{name} #{}", again + 1) };
        sections.push((name, section.data().unwrap_or_default()));
    }
    Some(sections)
}

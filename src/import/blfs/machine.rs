//! Commands that make what must differ from machine to machine. What a build makes is the same for all machines that get it.

/// The page, its command, and one that does the rest of it.
const COMMANDS: [(&str, &str, &str); 1] = [("openssh", "make install", "make install-nokeys")];

/// What is left to do.
pub(super) const ON_EACH: &str = "make them where the package is used, with `ssh-keygen -A`";

/// What is told of a text that makes the keys of one machine, and the text without that.
pub(super) fn for_all_machines(page: &str, text: &str) -> Option<(String, String)> {
    let ends = |rest: &str| !rest.starts_with(|c: char| c == '-' || c == '_' || c.is_ascii_alphanumeric());
    let (_, command, instead) = COMMANDS.iter().find(|(id, ..)| *id == page)?;
    let (at, _) = text.match_indices(command).find(|(at, found)| ends(&text[at + found.len()..]))?;
    let mut text = text.to_owned();
    text.replace_range(at..at + command.len(), instead);
    Some((format!("`{command}` would make private keys of one machine, and `{instead}` is run"), text))
}

#[cfg(test)]
mod tests {
    use super::for_all_machines;

    #[test]
    fn no_private_key_of_a_machine_comes_into_an_artifact() {
        let text = |page, text| for_all_machines(page, text).map(|(_, text)| text);
        assert_eq!(text("openssh", "make install &&\nmake x").unwrap(), "make install-nokeys &&\nmake x");
        assert_eq!(text("openssh", "make install-sshd"), None);
        assert_eq!(text("kettle", "make install"), None);
    }
}

//! Modes of files as `chmod`, `install -m` and `mkdir -m` take them (POSIX.1-2024, chmod; GNU coreutils, 27).

use crate::shell::tree::Word;

use super::call::Layer;
use super::state::State;
use super::words::Piece;
use super::writes::words;

/// The mode that a program is told to give, and the word that says it.
pub(crate) fn given<'s>(layer: &Layer<'s>, state: &State) -> Option<(&'s Word, Mode)> {
    let piece = match layer.name.as_str() {
        "chmod" => Piece::whole(layer.operands().next()?),
        "install" | "mkdir" | "mkfifo" => words(layer)?.value('m')?,
        _ => return None,
    };
    let beginning = piece.beginning(state);
    let mode = beginning.whole.then(|| Mode::read(&beginning.text))??;
    Some((piece.word, mode))
}

/// What a mode does to the bits that rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mode {
    /// It sets the setuid bit.
    pub(crate) setuid: bool,
    /// It sets the setgid bit.
    pub(crate) setgid: bool,
    /// It sets the bit that keeps people from removing what others have in a folder.
    pub(crate) sticky: bool,
    /// It lets the group write.
    pub(crate) group_writes: bool,
    /// It lets everybody write.
    pub(crate) others_write: bool,
}

impl Mode {
    /// Reads a mode; nothing where it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches('=');
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let bits = u32::from_str_radix(digits, 8).ok()?;
            return Some(Self {
                setuid: bits & 0o4000 != 0,
                setgid: bits & 0o2000 != 0,
                sticky: bits & 0o1000 != 0,
                group_writes: bits & 0o020 != 0,
                others_write: bits & 0o002 != 0,
            });
        }
        let mut mode = Self::default();
        for clause in text.split(',') {
            mode.apply(clause)?;
        }
        Some(mode)
    }

    /// One clause of a symbolic mode, such as `u+s` or `a=rX`.
    fn apply(&mut self, clause: &str) -> Option<()> {
        let (who, actions) = clause.split_at(clause.find(['+', '-', '='])?);
        if !who.chars().all(|letter| "ugoa".contains(letter)) {
            return None;
        }
        // Without a `who` the mask of the shell decides, which lets nobody else write.
        let has = |letter: char| who.contains(letter) || who.contains('a');
        let mut on = false;
        for letter in actions.chars() {
            match letter {
                '+' | '=' => on = true,
                '-' => on = false,
                's' => {
                    self.setuid = if has('u') || who.is_empty() { on } else { self.setuid };
                    self.setgid = if has('g') || who.is_empty() { on } else { self.setgid };
                }
                't' => self.sticky = on,
                'w' => {
                    self.group_writes = if has('g') { on } else { self.group_writes };
                    self.others_write = if has('o') { on } else { self.others_write };
                }
                'r' | 'x' | 'X' | 'u' | 'g' | 'o' => {}
                _ => return None,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    fn bits(text: &str) -> Option<String> {
        let Mode { setuid, setgid, sticky, group_writes, others_write } = Mode::read(text)?;
        let bits = [(setuid, 'u'), (setgid, 'g'), (sticky, 't'), (group_writes, 'w'), (others_write, 'o')];
        Some(bits.into_iter().filter_map(|(set, letter)| set.then_some(letter)).collect())
    }

    #[test]
    fn modes_are_read_in_digits_and_in_letters() {
        for (text, wanted) in [
            ("755", ""),
            ("0755", ""),
            ("4755", "u"),
            ("06711", "ug"),
            ("=2775", "gw"),
            ("1777", "two"),
            ("666", "wo"),
            ("u+s", "u"),
            ("+s", "ug"),
            ("ug+xs", "ug"),
            ("u=rwxs,go=rx", "u"),
            ("u+s,u-s", ""),
            ("a+w", "wo"),
            ("ugo=rwX", "wo"),
            ("o+w,+t", "to"),
            ("+w", ""),
            ("go-w", ""),
            ("g=u", ""),
            ("-s", ""),
        ] {
            assert_eq!(bits(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "rw", "789", "u+y", "root", "99999999999999"] {
            assert_eq!(bits(text), None, "{text}");
        }
    }
}

//! How packages are installed on this machine.

use std::path::Path;

use crate::host::files;

/// A family of distributions with one package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distribution {
    /// Debian, Ubuntu and their like.
    Debian,
    /// Fedora and its like.
    Fedora,
    /// Arch and its like.
    Arch,
    /// Anything else.
    Other,
}

/// The name of a package in each family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) debian: &'static str,
    pub(super) fedora: &'static str,
    pub(super) arch: &'static str,
}

impl Names {
    /// The same name everywhere.
    pub(super) const fn all(name: &'static str) -> Self {
        Self { debian: name, fedora: name, arch: name }
    }
}

impl Distribution {
    /// By os-release(5).
    pub(super) fn of_this_machine() -> Self {
        let text = ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| files::read(Path::new(path)).ok());
        Self::parse(&String::from_utf8_lossy(&text.unwrap_or_default()))
    }

    fn parse(os_release: &str) -> Self {
        let ids =
            os_release.lines().filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")));
        let mut ids = ids.flat_map(|value| value.trim_matches(['"', '\'']).split(' '));
        ids.find_map(|id| match id {
            "debian" | "ubuntu" => Some(Self::Debian),
            "fedora" | "rhel" | "centos" => Some(Self::Fedora),
            "arch" | "archlinux" => Some(Self::Arch),
            _ => None,
        })
        .unwrap_or(Self::Other)
    }

    /// How to get a package.
    pub(super) fn install(self, names: Names) -> String {
        match self {
            Self::Debian => format!("run `apt install {}`", names.debian),
            Self::Fedora => format!("run `dnf install {}`", names.fedora),
            Self::Arch => format!("run `pacman -S {}`", names.arch),
            Self::Other => format!("install the package that Debian calls `{}`", names.debian),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derivative_is_of_its_parents_family() {
        assert_eq!(
            Distribution::parse("NAME=x\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Distribution::Debian
        );
        assert_eq!(
            Distribution::parse("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"),
            Distribution::Fedora
        );
        assert_eq!(Distribution::parse("ID=manjaro\nID_LIKE=arch\n"), Distribution::Arch);
        assert_eq!(Distribution::parse(""), Distribution::Other);
    }
}

//! What kind of thing stopped a step.

use serde::{Deserialize, Serialize};

/// What stopped a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A C or C++ header is missing; its name is as it is included: `openssl/ssl.h`.
    MissingHeader,
    /// A library to link with is missing; its name is as after `-l`.
    MissingLibrary,
    /// A shared object that a program wants when it starts is missing, such as `libz.so.1`.
    MissingSharedObject,
    /// A program is missing.
    MissingProgram,
    /// A module of pkg-config is missing.
    MissingPkgConfig,
    /// A package of CMake's `find_package` is missing.
    MissingCmakePackage,
    /// A module that Python imports is missing.
    MissingPythonModule,
    /// A module of Perl is missing: `XML::Parser`.
    MissingPerlModule,
    /// A file of another kind is missing.
    MissingFile,
    /// What is there is too old.
    TooOld,
    /// A compiler refused a source.
    CompilerError,
    /// The linker refused, though it found every library.
    LinkerError,
    /// A configure script, Meson or CMake gave up.
    ConfigureTest,
    /// A makefile is wrong.
    MakeError,
    /// A script of the package failed.
    ScriptError,
    /// A patch did not fit.
    FailedPatch,
    /// An archive cannot be read.
    BadArchive,
    /// Bytes are not those that were promised.
    WrongDigest,
    /// A package's own tests failed.
    FailedTests,
    /// Something wanted the network.
    Network,
    /// The disk is full.
    DiskFull,
    /// There was not enough memory.
    OutOfMemory,
    /// It took longer than it may.
    TimeLimit,
    /// A program crashed.
    Crash,
    /// Something may not be done, or not in this root.
    Denied,
    /// Something else.
    Unknown,
}

impl Kind {
    /// What is missing, as people call it; nothing where nothing is.
    pub fn missing(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingHeader => "header",
            Self::MissingLibrary => "library",
            Self::MissingSharedObject => "shared library",
            Self::MissingProgram => "program",
            Self::MissingPkgConfig => "pkg-config module",
            Self::MissingCmakePackage => "CMake package",
            Self::MissingPythonModule => "Python module",
            Self::MissingPerlModule => "Perl module",
            _ => return None,
        })
    }
}

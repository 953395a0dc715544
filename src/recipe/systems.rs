//! The commands of each build system: one template in `templates/systems/` and one line in the table below.
//!
//! A template has the blocks `configure`, `build` and `install`; an empty block means that the system has nothing to do
//! in that phase. Arguments of the spec are literal words, which the template's escaper quotes.

use askama::Template;

use super::must_render;
use crate::model::{BuildSystem, Phase};

/// What a template may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The way from the build directory up to the source: `.`, `..`, `../..`.
    pub(super) top: &'a str,
    /// Words after the configure command.
    pub(super) configure: &'a [&'a str],
    /// Words after the build command.
    pub(super) make: &'a [&'a str],
    /// Words after the install command.
    pub(super) install: &'a [&'a str],
}

macro_rules! systems {
    ($($system:ident: $template:literal, builds in $subdir:expr;)*) => {
        /// Every build system.
        pub const SYSTEMS: &[BuildSystem] = &[$(BuildSystem::$system,)*];

        /// The directory below the source that a system builds in where the spec names none.
        pub(super) fn default_subdir(system: BuildSystem) -> Option<&'static str> {
            match system {
                $(BuildSystem::$system => $subdir,)*
            }
        }

        $(
            #[derive(Template)]
            #[template(path = $template, blocks = ["configure", "build", "install"])]
            struct $system<'a>(Context<'a>);

            impl<'a> std::ops::Deref for $system<'a> {
                type Target = Context<'a>;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
        )*

        /// What a build system runs in a phase; empty for nothing.
        pub(super) fn commands(system: BuildSystem, phase: Phase, context: Context<'_>) -> String {
            match system {
                $(BuildSystem::$system => {
                    let template = $system(context);
                    match phase {
                        Phase::Configure => must_render(&template.as_configure()),
                        Phase::Build => must_render(&template.as_build()),
                        Phase::Install => must_render(&template.as_install()),
                        Phase::Fetch | Phase::Prepare | Phase::Check => String::new(),
                    }
                })*
            }
        }
    };
}

systems! {
    Autotools: "systems/autotools.sh", builds in None;
    Cmake: "systems/cmake.sh", builds in Some("build");
    Meson: "systems/meson.sh", builds in Some("build");
    Make: "systems/make.sh", builds in None;
    Python: "systems/python.sh", builds in None;
    Perl: "systems/perl.sh", builds in None;
    Cargo: "systems/cargo.sh", builds in None;
    Custom: "systems/custom.sh", builds in None;
}

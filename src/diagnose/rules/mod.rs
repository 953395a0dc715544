//! What is known of the lines that programs print when they give up: a file a family.
//!
//! Where several rules know one line, the first of the tables has it.

mod archives;
mod autoconf;
mod cmake;
mod compilers;
mod linker;
mod machine;
mod make;
mod meson;
mod other;
mod patch;
mod perl;
mod pkg_config;
mod programs;
mod python;
mod tests;

use super::rule::Rule;

/// All of them.
pub(super) static FAMILIES: [&[Rule]; 15] = [
    machine::RULES,
    tests::RULES,
    python::RULES,
    perl::RULES,
    pkg_config::RULES,
    autoconf::RULES,
    linker::RULES,
    compilers::RULES,
    patch::RULES,
    archives::RULES,
    meson::RULES,
    cmake::RULES,
    programs::RULES,
    make::RULES,
    other::RULES,
];

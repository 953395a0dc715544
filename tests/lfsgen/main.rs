//! The integration tests: one binary, one file a subject. They use the public API or the real program.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests look at the world themselves, and a test that cannot go on should panic"
)]

mod again;
mod asking;
mod attacks;
mod bad_days;
mod building;
mod card;
mod cleaning;
mod commands;
mod doctor;
mod emit;
mod end_to_end;
mod errors;
mod failure_card;
mod fetch;
mod fixing;
mod forecast;
mod full_disk;
mod generate;
mod hostile;
mod house;
mod import;
mod kills;
mod lint;
mod looking;
mod own_project;
mod reference;
mod report;
mod rules;
mod runner;
mod sarif;
mod second_day;
mod shapes;
mod shell;
mod specs;
mod starting;
mod stopping;
mod support;

//! A compiler from YAML package specs to builds of Linux From Scratch.
//!
//! The modules are layers: each may use only those above it in the list below, and a test keeps that true.
//! `docs/ARCHITECTURE.md` says what each part does, and what it does not know.

pub mod source;

pub mod diag;

pub mod errors;

pub mod suggest;

pub mod spec;

pub mod model;

pub mod shell;

pub mod recipe;

pub mod plan;

pub mod lint;

pub mod fix;

pub mod emit;

pub mod compile;

pub mod diagnose;

pub mod host;

pub mod layout;

pub mod fetch;

pub mod sandbox;

pub mod store;

pub mod compare;

pub mod pack;

pub mod journal;

pub mod budget;

pub mod run;

pub mod render;

pub mod report;

pub mod import;

pub mod doctor;

pub mod commands;

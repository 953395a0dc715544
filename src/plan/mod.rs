//! What will happen: the graph of steps, with nothing left to decide.

pub mod file;

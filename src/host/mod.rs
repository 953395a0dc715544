//! The only door to files, processes, the clock and the environment.

mod cgroup;
pub mod clock;
pub mod disk;
pub mod env;
pub mod fifo;
pub mod files;
pub mod lock;
pub mod mountinfo;
pub mod node;
pub mod owner;
pub mod process;
pub mod raw;
pub mod remedy;
mod removal;
pub mod tree;

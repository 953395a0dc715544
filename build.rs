//! Links the program to fixed addresses.
//!
//! A program that can lie anywhere has 31,000 addresses written into 150 pages of its own each time it starts, which every process that
//! it clones copies. That is half of what it costs to start, and ninja starts it for each step. What is given up is that nobody knows
//! where its code lies: its stack, its heap and its libraries still lie elsewhere each time, and all but one module of it is safe Rust.

#![expect(clippy::disallowed_methods, reason = "so cargo tells a build script of its target")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Other C libraries have no such way to link, or have it by themselves.
    let env = std::env::var("CARGO_CFG_TARGET_ENV");
    if env.is_ok_and(|env| env == "gnu") {
        println!("cargo::rustc-link-arg-bin=lfsgen=-no-pie");
    }
}

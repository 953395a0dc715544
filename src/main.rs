//! The `lfsgen` program: hands its arguments to the library and leaves with the status it is given.

use std::process::ExitCode;

fn main() -> ExitCode {
    lfsgen::commands::main()
}

//! The process: parse, run, print the error and its hint, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    earmark::cli::run(std::env::args_os())
}

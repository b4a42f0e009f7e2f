//! The process: parse, run, print the error and its hint, exit code.

fn main() {}

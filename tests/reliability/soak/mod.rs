//! Long use: memory, files, threads and the terminal.

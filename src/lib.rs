//! earmark: label audio files with their speech content, in a terminal, by keyboard alone.
//!
//! One room a module, floor by floor; what each may import is written in ARCHITECTURE.md and checked by
//! `tests/architecture`.

// Floor 0: pure words and texts.
pub mod domain;
pub mod text;
// Where tests have the program killed.
pub mod crash;
// Floor 1: what a user can do, by which key, as configured.
pub mod action;
pub mod config;
pub mod keymap;
// Floor 2: disk, files, sound.
pub mod audio;
pub mod formats;
pub mod objects;
pub mod workspace;
// Floor 3: what joins them.
pub mod listener;
pub mod sync;
// Floor 4: the use cases, and what the screen is.
pub mod app;
pub mod ops;
// Floor 5: drawing.
pub mod ui;
// Floor 6: the running program and the command line.
pub mod cli;
pub mod runtime;

//! Long use: what grows, and what is left behind when it ends.

mod exits;
mod steps;

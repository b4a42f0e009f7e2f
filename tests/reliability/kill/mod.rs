//! The program killed anywhere, and what is there afterwards.

mod anywhere;
mod points;

//! The whole screen by typed keys: the real update loop on a real workspace, looked at as text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

#[path = "../common/home.rs"]
mod home;
#[path = "../common/typed.rs"]
mod typed;

mod deck;
mod delays;
mod desk;
mod keys;
mod picture;
mod room;
mod scene;

mod adding;
mod asking;
mod conflicts;
mod datasets;
mod drafts;
mod exporting;
mod finding;
mod importing;
mod labeling;
mod looks;
mod looks_out;
mod model;
mod mouse;
mod publishing;
mod several;
mod sizes;
mod sound;
mod syncing;
mod together;
mod trash;

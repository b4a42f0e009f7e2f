//! The whole screen by typed keys: the real update loop on a real workspace, looked at as text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

#[path = "../common/home.rs"]
mod home;

mod deck;
mod desk;
mod keys;
mod picture;
mod room;
mod scene;

mod asking;
mod datasets;
mod drafts;
mod finding;
mod labeling;
mod looks;
mod model;
mod mouse;
mod several;
mod sizes;
mod sound;
mod together;
mod trash;

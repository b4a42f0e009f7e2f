//! The side that sends: one connection to a listener, and the player that goes wherever sound can be heard.

mod lanes;
mod link;
mod mirror;
mod player;
mod queue;
mod search;
#[cfg(test)]
mod tests;
mod window;

pub use link::{Link, LinkNews, OnNews};
pub use player::{OnEvent, Player, PlayerConfig, PlayerNews};
pub use search::Seeking;

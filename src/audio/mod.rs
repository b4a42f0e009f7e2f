//! (room: audio)

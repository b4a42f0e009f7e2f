//! (room: text)

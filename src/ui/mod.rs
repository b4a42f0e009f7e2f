//! (room: ui)

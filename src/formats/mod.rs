//! (room: formats)

//! (room: objects)

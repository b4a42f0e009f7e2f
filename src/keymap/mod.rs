//! (room: keymap)

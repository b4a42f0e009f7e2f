//! A scripted labeler at the keyboard, and what the screen confirmed to it.

//! Many at once on one workspace: two people on one sample, and twenty programs that label, batch, undo and sync.

mod crowd;
mod truth;
mod two;

//! Disks that fail or fill up, and workspaces that vanish.

mod bench;
mod each_call;
mod power_cut;
mod screen;

//! Disks that fail or fill up, and workspaces that vanish.

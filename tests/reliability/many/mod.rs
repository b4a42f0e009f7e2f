//! Many at once on one workspace.

//! What other labeling programs take, for orientation: measured once on two cores, not in this run.
//!
//! Label Studio 1.23.2 as its authors start it, on the loopback interface, 2026-11-22; docs/performance.md says more.

use super::report::Figure;

/// How the table names it.
pub(crate) const NAME: &str = "Label Studio 1.23.2, then";
/// Submit to the next file playable, in a browser on the same machine.
pub(crate) const NEXT_FILE: Figure = Figure::Millis(433.0);
/// Submitting one annotation in a project of 100,000 tasks.
pub(crate) const SUBMIT: Figure = Figure::Millis(112.0);
/// A page of 100 of 100,000 tasks.
pub(crate) const PAGE: Figure = Figure::Millis(244.0);
/// The page of a text filter over 100,000 tasks.
pub(crate) const FILTER: Figure = Figure::Millis(472.0);

//! What the program is asked to do while requests fail.

use super::world::CHANGED;

/// One command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// A sync after much happened on both sides.
    Sync,
    /// The first of all, into an output where nothing is yet.
    Begin,
    /// A new machine, by the address of the output.
    Join,
    /// A version.
    Publish,
    /// Recordings into the source; one has a name that is taken.
    Add,
    /// The same, over what is there.
    Replace,
    /// One that goes in parts.
    AddLarge,
    /// Source files; one is another than was listed, one is gone.
    Delete,
    /// As before, without bulk requests.
    DeleteSingly,
}

impl Job {
    pub(super) const ALL: [Self; 9] = [
        Self::Sync,
        Self::Begin,
        Self::Join,
        Self::Publish,
        Self::Add,
        Self::Replace,
        Self::AddLarge,
        Self::Delete,
        Self::DeleteSingly,
    ];

    /// Its command line.
    pub(super) fn arguments(self) -> Vec<&'static str> {
        match self {
            Self::Sync => vec!["sync", "s3://box/calls/"],
            Self::Begin => vec!["sync", "s3://box/calls/", "--output", "s3://box/labels/"],
            Self::Join => vec!["sync", "s3://box/labels/"],
            Self::Publish => vec!["publish", "s3://box/calls/", "--description", "for training"],
            Self::Add => vec!["add", "s3://box/calls/", "recordings"],
            Self::Replace => vec!["add", "s3://box/calls/", "recordings", "--overwrite"],
            Self::AddLarge => vec!["add", "s3://box/calls/", "large"],
            Self::Delete | Self::DeleteSingly => {
                let delete = ["delete", "s3://box/calls/", "--source-files", "--yes-delete", "4"];
                [&delete[..], &["a.wav", "dir/c.wav", CHANGED, "gone.wav"]].concat()
            }
        }
    }

    /// What it ends with when nothing goes wrong.
    pub(super) fn code(self) -> i32 {
        match self {
            // What is not done is named.
            Self::Add | Self::Delete | Self::DeleteSingly => 3,
            _ => 0,
        }
    }

    /// Whether a second run, after one that did it all, does nothing more but what the first had to leave.
    pub(super) fn settles(self) -> bool {
        matches!(self, Self::Sync | Self::Begin | Self::Join)
    }

    /// Whether there is a workspace already.
    pub(super) fn goes_on(self) -> bool {
        !matches!(self, Self::Begin | Self::Join)
    }

    /// The settings that it needs.
    pub(super) fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Delete => &[("EARMARK_STORAGE_BULK_DELETE", "checksum")],
            Self::DeleteSingly => &[("EARMARK_STORAGE_BULK_DELETE", "single")],
            _ => &[],
        }
    }
}

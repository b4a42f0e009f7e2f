//! The daily copy of an open workspace, made beside everything else.

use super::runner::Answers;
use crate::app::Message;
use crate::domain::UserError;
use crate::ops::{OpsError, copy_of_the_day};
use crate::workspace::WorkspaceError;
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::spawn;
use std::time::Duration;

/// After opening, when the first files have been heard and drawn.
const FIRST: Duration = Duration::from_secs(10);
/// A screen that stays open over midnight makes the next day's copy within this time.
const AGAIN: Duration = Duration::from_mins(30);

/// Makes the copies until it is dropped. What is under way then is given up, and nobody waits for it.
pub(super) struct Copies(#[expect(dead_code, reason = "the thread ends with it")] Sender<()>);

impl Copies {
    /// Keeps so many days.
    pub(super) fn start(workspace: PathBuf, days: u32, answers: Answers) -> Self {
        let (held, ended) = channel();
        spawn(move || {
            let mut wait = FIRST;
            while rests(&ended, wait).is_continue() {
                wait = AGAIN;
                let now = Timestamp::now();
                // As long at rest as at work: labels come first.
                let copied =
                    copy_of_the_day(&workspace, days, now, &mut |took| rests(&ended, took));
                match copied {
                    Ok(Some(copy)) => {
                        tracing::info!(copy = %copy.display(), "copied the workspace");
                    }
                    Ok(None) => {}
                    Err(error) => answers.send(Message::Failed(told(error))),
                }
            }
        });
        Self(held)
    }
}

/// Waits; breaks as soon as the session is over.
fn rests(ended: &Receiver<()>, time: Duration) -> ControlFlow<()> {
    match ended.recv_timeout(time) {
        Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
    }
}

/// Damage is worth a dialog; a copy that could not be made a line.
fn told(error: OpsError) -> UserError {
    if matches!(error, OpsError::Workspace(WorkspaceError::Corrupt { .. })) {
        return error.into();
    }
    UserError::caused("today's copy of the workspace could not be made", &error)
}

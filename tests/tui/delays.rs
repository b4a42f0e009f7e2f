//! What is slow outside the screen: answers that wait, a writer that is busy, an answer that others overtake.

use earmark::app::{Effect, Message};

/// What is held up, and until when.
#[derive(Default)]
pub(crate) struct Delays {
    /// Answers of everything outside wait.
    pub(crate) held: bool,
    /// Labels wait.
    pub(crate) busy_writer: bool,
    /// Those that wait.
    pub(crate) labels: Vec<Effect>,
    /// The answer with this sample will be overtaken.
    pub(crate) slow: Option<String>,
    late: Option<Message>,
}

impl Delays {
    /// What is left of an answer: nothing, where it is the slow one.
    pub(crate) fn let_through(&mut self, message: Message) -> Option<Message> {
        if let Message::Sample { detail, .. } = &message
            && self.slow.take_if(|name| detail.key.lossy() == *name).is_some()
        {
            self.late = Some(message);
            return None;
        }
        Some(message)
    }

    /// The slow answer, behind all that was said meanwhile.
    pub(crate) fn overtaken(&mut self) -> Message {
        self.late.take().unwrap()
    }
}

//! The one place where a panic inside a decoder is stopped.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a decoder whose panics are caught. A panic hook asks, so that it leaves the
/// terminal alone: the program goes on.
pub fn decoding() -> bool {
    DECODING.get()
}

/// From now on a panic inside a decoder prints nothing: it is told as an error of its file. Called once, at the start.
pub fn hush_decoders() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if decoding() {
            tracing::warn!(%info, "a decoder panicked");
        } else {
            print(info);
        }
    }));
}

/// Runs a decoder's code; a panic becomes its message. What `work` touched must not be used again after an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = DECODING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    DECODING.set(before);
    result.map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 3), Ok(3));
        assert_eq!(guarded(|| panic!("bad {}", "frame")), Err::<(), _>("bad frame".to_owned()));
        assert_eq!(guarded(|| assert!(decoding())), Ok(()));
        assert!(!decoding());
    }
}

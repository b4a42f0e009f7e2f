//! Faults, and which requests they befall.

use super::request::{Op, Request};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The answer comes that much later.
    Latency(Duration),
    /// 503 `SlowDown`; nothing is done.
    SlowDown,
    /// 500 `InternalError`; nothing is done.
    Internal,
    /// 501 `NotImplemented`; nothing is done.
    Unknown,
    /// 403 `AccessDenied`; nothing is done.
    Forbidden,
    /// 403 `RequestTimeTooSkewed`; nothing is done.
    Skewed,
    /// 403 `ExpiredToken`; nothing is done.
    Expired,
    /// 422, with these words, as they stand in XML, as its code and its message; nothing is done.
    Saying(&'static str),
    /// The connection ends before anything was read; nothing is done.
    DropBefore,
    /// The connection ends while the body is being read; nothing is done.
    DropDuring,
    /// It is done, and the connection ends without an answer.
    DropAfter,
    /// It is done, but the answer is 500.
    InternalAfter,
    /// The answer's body ends after so many bytes, with the connection.
    Cut(usize),
    /// The answer's body has only so many bytes, and the headers say that this is all.
    Short(usize),
    /// The answer's body ends in its middle, with the connection.
    CutHalf,
    /// The answer's body has only its first half, and the headers say that this is all.
    ShortHalf,
    /// The answer's body goes on behind its end, by far more than anybody should read.
    Endless,
    /// The answer tells this `ETag`.
    WrongETag(&'static str),
    /// Something happens first; then the request is answered as ever.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

impl Fault {
    /// Something that happens before the request is answered.
    pub(crate) fn meanwhile(happens: impl Fn() + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(happens))
    }
}

/// Which requests a fault befalls: of those that match, the first, unless said otherwise.
#[derive(Debug, Clone)]
pub(crate) struct When {
    op: Option<Op>,
    writes: bool,
    lists: bool,
    key: Option<String>,
    under: Option<String>,
    skip: usize,
    times: usize,
}

impl When {
    /// Any request.
    pub(crate) fn any() -> Self {
        Self { op: None, writes: false, lists: false, key: None, under: None, skip: 0, times: 1 }
    }

    /// Requests of one kind.
    pub(crate) fn op(op: Op) -> Self {
        Self { op: Some(op), ..Self::any() }
    }

    /// Requests that change what the bucket holds.
    pub(crate) fn writes() -> Self {
        Self { writes: true, ..Self::any() }
    }

    /// Pages of listings, of either kind.
    pub(crate) fn lists() -> Self {
        Self { lists: true, ..Self::any() }
    }

    /// Only those for this key.
    pub(crate) fn key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// Only those for keys that start so.
    pub(crate) fn under(self, prefix: &str) -> Self {
        Self { under: Some(prefix.to_owned()), ..self }
    }

    /// Lets the first so many pass.
    pub(crate) fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// So many of them.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// All of them.
    pub(crate) fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn matches(&self, request: &Request) -> bool {
        self.op.is_none_or(|op| op == request.op)
            && (!self.writes || request.op.writes())
            && (!self.lists || request.op.lists())
            && self.key.as_ref().is_none_or(|key| *key == request.key)
            && self.under.as_ref().is_none_or(|prefix| request.key.starts_with(prefix.as_str()))
    }
}

/// The faults to come.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Planned>>);

struct Planned {
    when: When,
    fault: Fault,
    seen: usize,
}

impl Faults {
    pub(crate) fn add(&self, when: When, fault: Fault) {
        self.planned().push(Planned { when, fault, seen: 0 });
    }

    pub(crate) fn clear(&self) {
        self.planned().clear();
    }

    /// What befalls this request, in the order in which it was planned.
    pub(crate) fn of(&self, request: &Request) -> Vec<Fault> {
        let mut faults = Vec::new();
        for planned in self.planned().iter_mut().filter(|planned| planned.when.matches(request)) {
            let place = planned.seen;
            planned.seen += 1;
            let behind = place.checked_sub(planned.when.skip);
            if behind.is_some_and(|behind| behind < planned.when.times) {
                faults.push(planned.fault.clone());
            }
        }
        faults
    }

    fn planned(&self) -> std::sync::MutexGuard<'_, Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

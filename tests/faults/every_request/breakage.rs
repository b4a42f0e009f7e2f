//! What befalls one request, the program that makes it included.

use crate::bucket::{Fault, Server, When};
use rustix::process::{Pid, Signal, kill_process};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// What goes wrong at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breakage {
    /// 500, nothing is done.
    Refused,
    /// The connection ends, nothing is done.
    DroppedBefore,
    /// The connection ends in the middle of what is sent, nothing is done.
    DroppedDuring,
    /// It is done, and half of the answer comes.
    CutAnswer,
    /// It is done, and half of the answer comes as if it were all.
    ShortAnswer,
    /// It is done, and no answer comes.
    DroppedAfter,
    /// It is done, and the answer is 500.
    DeniedAfter,
    /// The program is killed, nothing is done.
    KilledBefore,
    /// The program is killed, and it is done.
    KilledAfter,
    /// Ctrl+C, and it is done and answered.
    Interrupted,
    /// Nothing is done from here on.
    NetworkGone,
}

use Breakage::{
    CutAnswer, DeniedAfter, DroppedAfter, DroppedBefore, DroppedDuring, Interrupted, KilledAfter,
    KilledBefore, NetworkGone, Refused, ShortAnswer,
};

impl Breakage {
    /// Before, during and after the effect, and with the end of the program or the network: each a family, of which a
    /// short run takes one a request.
    pub(super) const FAMILIES: [&'static [Self]; 4] = [
        &[DroppedBefore, Refused],
        &[CutAnswer, ShortAnswer, DroppedDuring],
        &[DroppedAfter, DeniedAfter],
        &[KilledAfter, NetworkGone, KilledBefore, Interrupted],
    ];

    /// Those that several tries get over.
    pub(super) const PASSING: [Self; 5] =
        [DroppedBefore, DroppedAfter, Refused, DeniedAfter, DroppedDuring];

    /// From now on it waits for the request of this number, counted from 0.
    pub(super) fn plan(self, server: &Server, number: usize, program: &Program) {
        let there = || When::any().after(number);
        match self {
            Refused => server.fault(there(), Fault::Internal),
            DroppedBefore => server.fault(there(), Fault::DropBefore),
            DroppedDuring => server.fault(there(), Fault::DropDuring),
            CutAnswer => server.fault(there(), Fault::CutHalf),
            ShortAnswer => server.fault(there(), Fault::ShortHalf),
            DroppedAfter => server.fault(there(), Fault::DropAfter),
            DeniedAfter => server.fault(there(), Fault::InternalAfter),
            KilledBefore => {
                server.fault(there(), program.gets(Signal::KILL));
                server.fault(there(), Fault::DropBefore);
            }
            KilledAfter => server.fault(there(), program.gets(Signal::KILL)),
            Interrupted => server.fault(there(), program.gets(Signal::INT)),
            NetworkGone => server.fault(there().always(), Fault::DropBefore),
        }
    }

    pub(super) fn kills(self) -> bool {
        matches!(self, KilledBefore | KilledAfter)
    }
}

/// The program that runs, if one does.
#[derive(Debug, Clone, Default)]
pub(super) struct Program(Arc<AtomicI32>);

impl Program {
    pub(super) fn runs(&self, id: u32) {
        self.0.store(id.cast_signed(), Ordering::SeqCst);
    }

    pub(super) fn ended(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    fn gets(&self, signal: Signal) -> Fault {
        let program = self.clone();
        Fault::meanwhile(move || {
            if let Some(id) = Pid::from_raw(program.0.load(Ordering::SeqCst)) {
                let _ = kill_process(id, signal);
            }
        })
    }
}

//! What a listener has asked for: two lanes of needs, what somebody waits for and what is fetched ahead.

use crate::listener::wire::{Chunk, Need};
use std::collections::VecDeque;

/// Needs that may wait. A listener that asks for more is not one of ours. Per lane.
const MOST: usize = 256;

/// Which lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits.
    Urgent,
    /// Fetched ahead.
    Ahead,
}

impl Lane {
    pub(super) const ALL: [Self; 2] = [Self::Urgent, Self::Ahead];
}

/// Both lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: [Queue; 2],
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Need>,
    /// The request that is being served.
    serving: Option<u32>,
    /// A chunk that is ready to go.
    ready: Option<Chunk>,
}

impl Queue {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.serving.is_none() && self.ready.is_none()
    }
}

impl Lanes {
    fn lane(&mut self, lane: Lane) -> &mut Queue {
        &mut self.lanes[lane as usize]
    }

    /// Takes a need; false if there are too many.
    pub(super) fn push(&mut self, need: Need) -> bool {
        let lane = if need.urgent { Lane::Urgent } else { Lane::Ahead };
        let queue = self.lane(lane);
        let fits = queue.waiting.len() < MOST;
        if fits {
            queue.waiting.push_back(need);
        }
        fits
    }

    /// The listener does not want it any more.
    pub(super) fn cancel(&mut self, request: u32) {
        for queue in &mut self.lanes {
            queue.waiting.retain(|need| need.request != request);
            if queue.serving == Some(request) {
                queue.serving = None;
            }
            if queue.ready.as_ref().is_some_and(|chunk| chunk.request == request) {
                queue.ready = None;
            }
        }
    }

    /// The next need of a lane, to be served from now on.
    pub(super) fn next(&mut self, lane: Lane) -> Option<Need> {
        let queue = self.lane(lane);
        let need = queue.waiting.pop_front()?;
        queue.serving = Some(need.request);
        Some(need)
    }

    /// Whether a request is still being served.
    pub(super) fn is_wanted(&self, lane: Lane, request: u32) -> bool {
        self.lanes[lane as usize].serving == Some(request)
    }

    /// Whether the last chunk of a lane is still waiting to go.
    pub(super) fn is_full(&self, lane: Lane) -> bool {
        self.lanes[lane as usize].ready.is_some()
    }

    /// A chunk is ready to go, if its request is still wanted.
    pub(super) fn offer(&mut self, lane: Lane, chunk: Chunk) {
        if self.is_wanted(lane, chunk.request) {
            self.lane(lane).ready = Some(chunk);
        }
    }

    /// A request was served to its end, or cannot be.
    pub(super) fn finished(&mut self, lane: Lane, request: u32) {
        let queue = self.lane(lane);
        if queue.serving == Some(request) {
            queue.serving = None;
        }
    }

    /// The chunk to send next: nothing fetched ahead while somebody waits.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        let [urgent, ahead] = &mut self.lanes;
        if urgent.is_idle() { ahead.ready.take() } else { urgent.ready.take() }
    }

    /// Whether [`Lanes::take`] would give something.
    #[cfg(test)]
    pub(super) fn has_ready(&self) -> bool {
        let [urgent, ahead] = &self.lanes;
        urgent.ready.is_some() || (urgent.is_idle() && ahead.ready.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SoundId;

    fn need(request: u32, urgent: bool) -> Need {
        Need { request, sound: SoundId("a".into()), from: 0, to: 9, urgent, form: None }
    }

    fn chunk(request: u32) -> Chunk {
        Chunk { request, offset: 0, len: 1, bytes: vec![1] }
    }

    #[test]
    fn what_somebody_waits_for_goes_before_what_is_fetched_ahead() {
        let mut lanes = Lanes::default();
        assert!(lanes.push(need(1, false)) && lanes.push(need(2, true)));
        assert_eq!(lanes.next(Lane::Ahead).map(|need| need.request), Some(1));
        lanes.offer(Lane::Ahead, chunk(1));
        assert!(
            !lanes.has_ready(),
            "the urgent one is not read yet, and the line is kept free for it"
        );
        lanes.next(Lane::Urgent);
        lanes.offer(Lane::Urgent, chunk(2));
        assert_eq!(lanes.take().map(|chunk| chunk.request), Some(2));
        assert!(lanes.take().is_none(), "more of it may follow");
        lanes.finished(Lane::Urgent, 2);
        assert_eq!(lanes.take().map(|chunk| chunk.request), Some(1));
    }

    #[test]
    fn what_was_cancelled_is_not_sent_at_whatever_stage() {
        let mut lanes = Lanes::default();
        (1..=3).for_each(|request| assert!(lanes.push(need(request, true))));
        lanes.next(Lane::Urgent);
        lanes.offer(Lane::Urgent, chunk(1));
        lanes.cancel(1);
        lanes.cancel(3);
        assert!(!lanes.has_ready() && !lanes.is_wanted(Lane::Urgent, 1));
        lanes.offer(Lane::Urgent, chunk(1));
        assert!(!lanes.has_ready());
        assert_eq!(lanes.next(Lane::Urgent).map(|need| need.request), Some(2));
        assert_eq!(lanes.next(Lane::Urgent), None);
    }

    #[test]
    fn there_is_an_end_to_asking() {
        let mut lanes = Lanes::default();
        let taken = (0..10_000).filter(|request| lanes.push(need(*request, true))).count();
        assert_eq!(taken, MOST);
    }
}

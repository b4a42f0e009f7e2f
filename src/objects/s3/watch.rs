//! What every answer tells besides itself: the store's clock, and whether it wants to be asked less. And how long it may
//! be, where it is not the object that was asked for.

use crate::objects::StoreError;
use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeDeserializationInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat, SdkBody};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use http_body_util::Limited;
use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Answers without a complaint before one more request may be under way.
const CALM: usize = 32;
/// Of a clock that nobody has seen yet.
const UNKNOWN: i64 = i64::MIN;

/// How many requests may be under way, and what the store's clock says.
#[derive(Debug)]
pub(super) struct Watch {
    permits: Semaphore,
    pace: Mutex<Pace>,
    /// Seconds that the store's clock is ahead of this machine's.
    ahead: AtomicI64,
}

impl Watch {
    /// At most so many requests at once.
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            permits: Semaphore::new(most),
            pace: Mutex::new(Pace { most, now: most, debt: 0, calm: 0 }),
            ahead: AtomicI64::new(UNKNOWN),
        }
    }

    /// Waits until there is room for one more request.
    pub(super) async fn room(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        // Never closed.
        self.permits.acquire().await.map_err(|_| StoreError::Stopped)
    }

    /// Gives the room back, unless there is to be less of it.
    pub(super) fn leave(&self, permit: SemaphorePermit<'_>) {
        if self.pace().gives_up_one() {
            permit.forget();
        }
    }

    /// Seconds that the store's clock is ahead of this machine's, if it was heard of.
    pub(super) fn ahead(&self) -> Option<i64> {
        Some(self.ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != UNKNOWN)
    }

    fn heard(&self, status: u16, date: Option<&str>) {
        let date = date.and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
        if let Some(date) = date {
            self.ahead.store(date.secs() - Timestamp::now().as_second(), Ordering::Relaxed);
        }
        let more = if matches!(status, 429 | 503) {
            self.pace().slower();
            false
        } else {
            self.pace().faster()
        };
        if more {
            self.permits.add_permits(1);
        }
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Half as many requests after a complaint, then one more again each time it was calm for a while.
#[derive(Debug)]
struct Pace {
    most: usize,
    now: usize,
    /// How many of those that are under way are the last of their place.
    debt: usize,
    calm: usize,
}

impl Pace {
    fn slower(&mut self) {
        // The answers to what was asked at the old pace complain of the same.
        if self.debt == 0 && (self.calm >= self.now || self.now == self.most) {
            self.debt = self.now / 2;
        }
        self.calm = 0;
    }

    fn faster(&mut self) -> bool {
        self.calm += 1;
        let more = self.calm >= CALM && self.now < self.most && self.debt == 0;
        if more {
            self.calm = 0;
            self.now += 1;
        }
        more
    }

    fn gives_up_one(&mut self) -> bool {
        let gives = self.debt > 0 && self.now > 1;
        if gives {
            self.debt -= 1;
            self.now -= 1;
        }
        gives
    }
}

/// Bytes of an answer that is read whole: a page of a thousand keys of a kilobyte, escaped, is a tenth of it.
const LONGEST: usize = 32 << 20;

/// Hands each answer's head to the watch, and holds to its bound what is read whole.
#[derive(Debug)]
pub(super) struct Watching(pub(super) Arc<Watch>);

impl Intercept for Watching {
    fn name(&self) -> &'static str {
        "Watching"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reads = bag.load::<Metadata>().is_some_and(|call| call.name() == "GetObject");
        let answer = context.response_mut();
        // An object's bytes are counted where they are read.
        if !(reads && answer.status().is_success()) {
            let body = answer.take_body();
            *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, LONGEST));
        }
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        self.0.heard(answer.status().as_u16(), answer.headers().get("date"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_halves_the_pace_once_and_calm_brings_it_back() {
        let mut pace = Pace { most: 16, now: 16, debt: 0, calm: 0 };
        for _ in 0..5 {
            pace.slower();
        }
        let given_up = (0..20).filter(|_| pace.gives_up_one()).count();
        assert_eq!((given_up, pace.now), (8, 8));
        pace.slower();
        assert_eq!(pace.debt, 0, "nothing was answered since");
        assert_eq!((0..16 * CALM).filter(|_| pace.faster()).count(), 8);
        assert_eq!(pace.now, 16);
    }

    #[test]
    fn one_request_may_always_be_under_way() {
        let mut pace = Pace { most: 1, now: 1, debt: 0, calm: 0 };
        pace.slower();
        assert!(!pace.gives_up_one());
        let watch = Watch::new(0);
        watch.heard(503, None);
        assert_eq!(watch.permits.available_permits(), 1);
    }

    #[test]
    fn the_clock_is_read_from_the_date() {
        let watch = Watch::new(1);
        watch.heard(200, Some("yesterday"));
        assert_eq!(watch.ahead(), None);
        watch.heard(200, Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(watch.ahead().unwrap() < -1_000_000_000);
    }
}

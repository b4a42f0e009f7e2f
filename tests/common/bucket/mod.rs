//! An S3 server inside the test: everything in memory, on a loopback port of its own, gone when it is dropped. What it
//! holds can be looked at and changed at any time, every request is written down, and faults happen when asked for.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, reason = "a test may stop where it stands")]

mod at_once;
mod contents;
mod faults;
mod http;
mod listing;
mod manners;
mod parts;
mod request;
mod service;

pub(crate) use contents::{Bucket, md5_hex};
pub(crate) use faults::{Fault, When};
#[allow(unused_imports, reason = "each test binary takes what it needs of it")]
pub(crate) use listing::NO_TEXT;
pub(crate) use manners::Manners;
pub(crate) use request::{Op, Request};

use at_once::AtOnce;
use contents::Buckets;
use faults::Faults;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The one access key the server knows.
pub(crate) const ACCESS_KEY: &str = "AKIDEXAMPLE";
/// Its secret.
pub(crate) const SECRET_KEY: &str = "secretkeysecretkey";
/// The region requests may be signed for; the server takes any.
pub(crate) const REGION: &str = "eu-test-1";

/// What the server and the test share.
pub(crate) struct Shared {
    pub(crate) buckets: Buckets,
    pub(crate) faults: Faults,
    pub(crate) manners: Manners,
    pub(crate) log: Mutex<Vec<Request>>,
    pub(crate) at_once: AtOnce,
}

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one that holds no bucket yet.
    pub(crate) fn start(manners: Manners) -> Self {
        let shared = Arc::new(Shared {
            buckets: Buckets::default(),
            faults: Faults::default(),
            manners,
            log: Mutex::default(),
            at_once: AtOnce::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let (address, thread) = http::serve(Arc::clone(&shared), stopped);
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens, as a URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A bucket to look at and to change; made if it is not there.
    pub(crate) fn bucket(&self, name: &str) -> Bucket {
        self.shared.buckets.bucket(name)
    }

    /// Lets a fault befall the requests that `when` says, from now on.
    pub(crate) fn fault(&self, when: When, fault: Fault) {
        self.shared.faults.add(when, fault);
    }

    /// No faults from now on.
    pub(crate) fn mend(&self) {
        self.shared.faults.clear();
    }

    /// Every request so far, in the order in which their heads came in.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests of one kind came in so far.
    pub(crate) fn count(&self, op: Op) -> usize {
        self.requests().iter().filter(|request| request.op == op).count()
    }

    /// How many requests were under way at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.at_once.most()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget_requests(&self) {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server's thread panicked");
        }
    }
}

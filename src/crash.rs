//! Named places where something is about to be written, so that tests can have the program killed at each of them.
//! Only in builds with the feature `crash-points`; in others a place is nothing.

/// A write point. With the feature `crash-points` the program kills itself here (SIGKILL: no destructor, no handler
/// runs) when `EARMARK_CRASH` is `name` or `name:n`, the n-th time it comes by; and when `EARMARK_CRASH_LIST` names a
/// file, the name is added to it, so that a test knows which points a job passes. With `EARMARK_CRASH_PANIC` it panics
/// there instead.
#[cfg(feature = "crash-points")]
pub fn point(name: &'static str) {
    armed::pass(name);
}

/// A write point: nothing in this build.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn point(_name: &'static str) {}

#[cfg(feature = "crash-points")]
mod armed {
    use std::collections::BTreeMap;
    use std::io::Write;
    use std::sync::Mutex;

    static PASSED: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

    #[allow(clippy::panic, reason = "that is what a test asks of it")]
    pub(super) fn pass(name: &'static str) {
        let count = {
            let mut passed = PASSED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let count = passed.entry(name).or_default();
            *count += 1;
            *count
        };
        if let Some(list) = std::env::var_os("EARMARK_CRASH_LIST")
            && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(list)
        {
            let _ = file.write_all(format!("{name}\n").as_bytes());
        }
        let Ok(wanted) = std::env::var("EARMARK_CRASH") else { return };
        let (wanted, nth) = match wanted.split_once(':') {
            Some((wanted, nth)) => (wanted.to_owned(), nth.parse().unwrap_or(1)),
            None => (wanted, 1),
        };
        if wanted == name && nth == count {
            if std::env::var_os("EARMARK_CRASH_PANIC").is_some() {
                std::panic::panic_any("a panic that a test asked for");
            }
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

//! What Linux says of the machine and of a running program; elsewhere, nothing.

use std::fs;
use std::time::Duration;

/// Cores, processor and load in one line.
pub(crate) fn described() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split_whitespace().take(2).collect();
    format!("{cores} cores ({model}), load {}", load.join(" "))
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Processor time of all its threads.
    pub(crate) cpu: Duration,
    /// How often one of its threads went to sleep by itself: each time it had woken up before.
    pub(crate) sleeps: u64,
}

/// Reads it; `None` where the system does not tell.
pub(crate) fn usage(pid: i32) -> Option<Usage> {
    let mut usage = Usage::default();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let path = thread.path();
        let Ok(schedule) = fs::read_to_string(path.join("schedstat")) else { continue };
        let nanos = schedule.split_whitespace().next()?.parse().ok()?;
        usage.cpu += Duration::from_nanos(nanos);
        let Ok(status) = fs::read_to_string(path.join("status")) else { continue };
        usage.sleeps += field(&status, "voluntary_ctxt_switches:")?;
    }
    Some(usage)
}

/// Resident memory of a process, and the part of it that is its own and not pages of files, in MiB.
pub(crate) fn memory(pid: i32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let mebibytes = |name| field(&status, name).map(|kibibytes| kibibytes as f64 / 1024.0);
    Some((mebibytes("VmRSS:")?, mebibytes("RssAnon:")?))
}

/// Resident memory of a process at its most so far, in MiB; `None` once it has ended.
pub(crate) fn peak(pid: i32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    field(&status, "VmHWM:").map(|kibibytes| kibibytes as f64 / 1024.0)
}

/// Threads of a process by what they used: for a look at who it is that wakes up.
pub(crate) fn threads(pid: i32) -> Vec<(String, Usage)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|thread| {
            let path = thread.path();
            let name = fs::read_to_string(path.join("comm")).ok()?.trim().to_owned();
            let schedule = fs::read_to_string(path.join("schedstat")).ok()?;
            let cpu = Duration::from_nanos(schedule.split_whitespace().next()?.parse().ok()?);
            let status = fs::read_to_string(path.join("status")).ok()?;
            Some((name, Usage { cpu, sleeps: field(&status, "voluntary_ctxt_switches:")? }))
        })
        .collect()
}

fn field(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

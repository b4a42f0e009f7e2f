//! What several commands print alike: what an action did, and the keys that it could not find.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use crate::domain::{ActionReport, Deed, SampleKey, Skip, Target};
use crate::formats::KeyFields;
use crate::ops::{Named, Opened, OpsError, find_samples};
use crate::text::{counted, safe_bytes};
use serde::Serialize;
use std::ffi::{OsStr, OsString};

/// An action in JSON.
#[derive(Serialize)]
struct Answer {
    action: Option<String>,
    changed: u64,
    unchanged: u64,
    unmatched: Vec<KeyFields>,
}

/// Prints what an action did, and ends with the exit code that fits.
pub(super) fn print_action(
    context: &mut Context,
    verb: &str,
    report: &ActionReport,
    unmatched: &[SampleKey],
) -> Outcome {
    let skipped = |wanted: fn(&Skip) -> bool| -> u64 {
        report.skipped.iter().filter(|(why, _)| wanted(why)).map(|(_, count)| count).sum()
    };
    let unchanged = skipped(|_| true);
    context.out.json(&Answer {
        action: report.action.map(|action| action.to_string()),
        changed: report.changed,
        unchanged,
        unmatched: unmatched.iter().map(KeyFields::from).collect(),
    })?;
    context.out.line(format!("{verb} {}", counted(report.changed, "sample", "samples")))?;
    for (why, count) in &report.skipped {
        let why = match why {
            Skip::NothingToDo => "as it was already",
            Skip::ChangedSince => "changed since",
            Skip::NoSuggestion => "without a suggestion",
            Skip::Gone => "deleted or not in the source",
        };
        context.out.note(format!("left alone: {count}, {why}"));
    }
    for key in unmatched {
        context.out.item_failed(key, "there is no such sample in the dataset");
    }
    Ok(Exit::of_items(report.changed + unchanged, unmatched.len()))
}

/// Does one thing to the samples that were named, and prints what it did.
pub(super) fn act_on(
    context: &mut Context,
    opened: &Opened,
    keys: &[OsString],
    deed: &Deed,
    verb: &str,
) -> Outcome {
    let (samples, unknown) = named_samples(opened, keys)?;
    let ids = samples.into_iter().map(|(id, _)| id).collect();
    let report = opened.writer()?.act(deed, &Target::Samples(ids), context.now())?;
    print_action(context, verb, &report, &unknown)
}

/// The samples that were named, and the keys that name none; an error if none is there.
pub(super) fn named_samples(
    opened: &Opened,
    keys: &[OsString],
) -> Result<(Vec<Named>, Vec<SampleKey>), Failure> {
    let typed = keys.iter().map(OsString::as_os_str).collect::<Vec<&OsStr>>();
    let (samples, unknown) = find_samples(&opened.reader()?, &opened.source, typed)?;
    match unknown.first() {
        Some(key) if samples.is_empty() => {
            Err(OpsError::NoSuchSample(safe_bytes(key.as_bytes()).into_owned()).into())
        }
        _ => Ok((samples, unknown)),
    }
}

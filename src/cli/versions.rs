//! `earmark versions`: what was published, and how two versions differ.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::publish::{counts, output_of};
use crate::formats::KeyFields;
use crate::objects::Store;
use crate::ops::{
    Make, PublishedVersion, VersionInfo, compare_versions, each_of_version, find_version,
    learn_versions, published_versions,
};
use crate::text::{pad_end, safe_bytes, safe_line};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::Path;

/// Flags of `versions`.
#[derive(Debug, Args)]
pub(super) struct Versions {
    #[command(flatten)]
    source: SourceArg,
    /// One version; without it, all of them
    version: Option<String>,
    /// The samples in which it differs from this other one
    #[arg(long, value_name = "OTHER", requires = "version", conflicts_with = "list")]
    diff: Option<String>,
    /// The samples that it lists
    #[arg(long, requires = "version")]
    list: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    version: &'a str,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a str>,
    #[serde(flatten)]
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Counts {
    total: u64,
    labeled: u64,
    added: u64,
    modified: u64,
    deleted: u64,
}

#[derive(Serialize)]
struct SampleLine<'a> {
    #[serde(flatten)]
    key: KeyFields,
    content: Option<&'a str>,
    usage: Option<&'a str>,
}

#[derive(Serialize)]
struct DifferenceLine {
    #[serde(flatten)]
    key: KeyFields,
    change: &'static str,
}

impl Versions {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let output = output_of(&opened)?;
        // So that Delete File can name them while the output is out of reach.
        if let Err(error) = learn_versions(&opened.reader()?, &mut opened.writer()?, &output) {
            tracing::warn!(%error, "not every version was noted");
        }
        let scratch = opened.workspace.parent().unwrap_or(Path::new("."));
        match (&self.version, &self.diff) {
            (Some(version), Some(other)) => {
                let earlier = find_version(&output, other)?;
                let later = find_version(&output, version)?;
                differences(context, &output, &earlier, &later, scratch)
            }
            (Some(version), None) => {
                let info = find_version(&output, version)?;
                if self.list {
                    samples(context, &output, &info)
                } else {
                    print(
                        context,
                        &PublishedVersion {
                            name: info.name.clone(),
                            info: Some(info),
                            claims: Vec::new(),
                        },
                    )?;
                    Ok(Exit::Done)
                }
            }
            (None, _) => {
                let versions = published_versions(&output)?;
                if versions.is_empty() {
                    context.out.note("nothing was published yet");
                }
                for version in &versions {
                    print(context, version)?;
                }
                Ok(Exit::Done)
            }
        }
    }
}

fn print(context: &mut Context, version: &PublishedVersion) -> Result<(), Failure> {
    let info = version.info.as_ref();
    context.out.json(&Line {
        version: &version.name,
        complete: info.is_some(),
        at: info.map(|info| info.at),
        author: info.map(|info| info.author.as_str()),
        description: info
            .map(|info| info.description.as_str())
            .filter(|description| !description.is_empty()),
        parent: info.and_then(|info| info.parent.as_deref()),
        manifest: info.map(|info| info.manifest.as_str()),
        counts: info.map(|info| Counts {
            total: info.total,
            labeled: info.labeled,
            added: info.added,
            modified: info.modified,
            deleted: info.deleted,
        }),
    })?;
    let name = safe_line(&version.name);
    let name = pad_end(&name, 8);
    match info {
        Some(info) => {
            let who = safe_line(&info.author).into_owned();
            let description = match info.description.as_str() {
                "" => String::new(),
                text => format!("  {}", safe_line(text)),
            };
            let at = info.at.strftime("%Y-%m-%d %H:%M");
            context.out.line(format!("{name} {at}  {who}  {}{description}", counts(info)))
        }
        None => context.out.line(format!("{name} begun and not finished")),
    }
}

fn samples(context: &mut Context, output: &Store, info: &VersionInfo) -> Outcome {
    let mut failed = None;
    each_of_version(output, info, &mut |key, record| {
        let line = SampleLine {
            key: KeyFields::from(&key),
            content: record.content.as_deref(),
            usage: record.usage.as_deref(),
        };
        let printed = context.out.json(&line).and_then(|()| {
            context.out.line(format!(
                "{}  {}",
                pad_end(&safe_bytes(key.as_bytes()), 32),
                line.content.map(safe_line).unwrap_or_default()
            ))
        });
        Ok(go_on(printed, &mut failed))
    })?;
    failed.map_or(Ok(Exit::Done), Err)
}

fn differences(
    context: &mut Context,
    output: &Store,
    earlier: &VersionInfo,
    later: &VersionInfo,
    scratch: &Path,
) -> Outcome {
    let mut failed = None;
    let changes = compare_versions(output, earlier, later, scratch, &mut |key, difference| {
        let change = difference.name();
        let printed = context
            .out
            .json(&DifferenceLine { key: KeyFields::from(&key), change })
            .and_then(|()| context.out.line(format!("{change:<9} {}", safe_bytes(key.as_bytes()))));
        go_on(printed, &mut failed)
    })?;
    context.out.note(format!(
        "{} against {}: {} added, {} modified, {} deleted",
        safe_line(&later.name),
        safe_line(&earlier.name),
        changes.added,
        changes.modified,
        changes.deleted
    ));
    failed.map_or(Ok(Exit::Done), Err)
}

/// A line that cannot be printed ends the list.
fn go_on(printed: Result<(), Failure>, failed: &mut Option<Failure>) -> ControlFlow<()> {
    match printed {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            *failed = Some(error);
            ControlFlow::Break(())
        }
    }
}

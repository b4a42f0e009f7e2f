//! `earmark list`: one sample a line.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use crate::config::Choice;
use crate::domain::{Anchor, Filter, Flag, Order, OrderBy, PageRequest, Row, Seconds, View};
use crate::formats::KeyFields;
use crate::ops::Make;
use crate::text::{clock, pad_end, safe_bytes, safe_line};
use crate::workspace::Reader;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

/// Rows read at once.
const PAGE: usize = 1000;

/// Flags of `list`.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    source: SourceArg,
    /// Which samples
    #[arg(long, value_enum, default_value_t = Tab::All)]
    tab: Tab,
    /// Only those that match, as in "hello flag:unsure dur>2.5"
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// By what they are ordered
    #[arg(long, value_name = "BY", default_value = "name", value_parser = orders())]
    order: OrderBy,
    /// From high to low
    #[arg(long)]
    descending: bool,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A list, by its name on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Tab {
    All,
    Unlabeled,
    ToConfirm,
    Labeled,
    Missing,
    Deleted,
    Conflicts,
}

impl From<Tab> for View {
    fn from(tab: Tab) -> Self {
        match tab {
            Tab::All => View::All,
            Tab::Unlabeled => View::Unlabeled,
            Tab::ToConfirm => View::ToConfirm,
            Tab::Labeled => View::Labeled,
            Tab::Missing => View::Missing,
            Tab::Deleted => View::Deleted,
            Tab::Conflicts => View::Conflicts,
        }
    }
}

fn orders() -> impl TypedValueParser<Value = OrderBy> {
    PossibleValuesParser::new(OrderBy::WORDS.iter().map(|(word, _)| *word))
        .map(|word| OrderBy::of(&word).unwrap_or_default())
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    key: KeyFields,
    state: &'static str,
    content: Option<&'a str>,
    flags: Vec<String>,
    seconds: Option<Seconds>,
    bytes: u64,
    etag: Option<String>,
    modified: Option<Timestamp>,
    labeled_by: Option<&'a str>,
    labeled_at: Option<Timestamp>,
}

impl List {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let filter =
            Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|error| {
                Failure::usage(error.to_string(), "see the flag --filter in `earmark list --help`")
            })?;
        let reader = context.open(&self.source, Make::Never)?.reader()?;
        let mut request = PageRequest {
            view: self.tab.into(),
            filter,
            order: Order { by: self.order, descending: self.descending },
            scope: None,
            anchor: Anchor::First,
            limit: PAGE,
        };
        let mut left = self.limit.unwrap_or(usize::MAX);
        while left > 0 {
            request.limit = PAGE.min(left);
            let page = reader.page(&request)?;
            for row in &page.rows {
                print(context, &reader, row)?;
            }
            left -= page.rows.len();
            match page.rows.last() {
                Some(last) if page.more_after => request.anchor = Anchor::After(last.id),
                _ => break,
            }
        }
        Ok(Exit::Done)
    }
}

fn print(context: &mut Context, reader: &Reader, row: &Row) -> Result<(), Failure> {
    if context.out.is_json() {
        return context.out.json(&Line {
            key: KeyFields::from(&row.key),
            state: row.state.name(),
            content: row.content.as_deref(),
            flags: row.known_flags().map(String::from).collect(),
            seconds: row.seconds,
            bytes: row.size,
            etag: reader.stamp(row.id)?.map(|stamp| stamp.etag),
            modified: row.modified,
            labeled_by: row.labeled_by.as_deref(),
            labeled_at: row.labeled_at,
        });
    }
    let seconds = row.seconds.map_or_else(|| "–".to_owned(), clock);
    let flags: String = row.known_flags().filter_map(|flag| Flag::letter(&flag)).collect();
    context.out.line(format!(
        "{:<9} {seconds:>8} {flags:<5} {}  {}",
        row.state.name(),
        pad_end(&safe_bytes(row.key.as_bytes()), 32),
        row.content.as_deref().map(safe_line).unwrap_or_default(),
    ))
}

//! The table, and the same figures as JSON.

use super::machine;
use super::scale::Scale;
use super::timing::Taken;
use jiff::Zoned;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    Millis(f64),
    Seconds(f64),
    Mebibytes(f64),
    Bytes(f64),
    Percent(f64),
    PerSecond(f64),
    Count(f64),
}

impl Figure {
    pub(crate) fn millis(time: Duration) -> Self {
        Self::Millis(time.as_secs_f64() * 1000.0)
    }

    pub(crate) fn seconds(time: Duration) -> Self {
        Self::Seconds(time.as_secs_f64())
    }

    fn value(self) -> f64 {
        match self {
            Self::Millis(value)
            | Self::Seconds(value)
            | Self::Mebibytes(value)
            | Self::Bytes(value)
            | Self::Percent(value)
            | Self::PerSecond(value)
            | Self::Count(value) => value,
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Millis(_) => "ms",
            Self::Seconds(_) => "s",
            Self::Mebibytes(_) => "MiB",
            Self::Bytes(_) => "B",
            Self::Percent(_) => "%",
            Self::PerSecond(_) => "/s",
            Self::Count(_) => "",
        }
    }

    fn text(self) -> String {
        let value = self.value();
        let digits = match value {
            _ if matches!(self, Self::Bytes(_) | Self::Count(_)) => 0,
            value if value >= 100.0 => 0,
            value if value >= 10.0 => 1,
            _ => 2,
        };
        format!("{value:.digits$} {}", self.unit()).trim_end().to_owned()
    }
}

/// What a row must keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// Not more than this, in the row's own unit.
    AtMost(f64),
    /// Not more than so many times the peer.
    Times(f64),
    /// Only for orientation.
    None,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    ours: Figure,
    /// The same work in processor time, where the wall clock of a busy machine says too much.
    cpu: Option<Figure>,
    peer: Option<(String, Figure)>,
    bar: Bar,
    note: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, ours: Figure) -> Self {
        let (what, note) = (what.into(), String::new());
        Self { what, ours, cpu: None, peer: None, bar: Bar::None, note }
    }

    /// A time on the wall in milliseconds, with its processor time.
    pub(crate) fn millis(what: impl Into<String>, taken: Taken) -> Self {
        let mut row = Self::new(what, Figure::millis(taken.wall));
        row.cpu = Some(Figure::millis(taken.cpu));
        row
    }

    /// The same in seconds.
    pub(crate) fn seconds(what: impl Into<String>, taken: Taken) -> Self {
        let mut row = Self::new(what, Figure::seconds(taken.wall));
        row.cpu = Some(Figure::seconds(taken.cpu));
        row
    }

    pub(crate) fn against(mut self, peer: impl Into<String>, figure: Figure) -> Self {
        self.peer = Some((peer.into(), figure));
        self
    }

    pub(crate) fn bar(mut self, bar: Bar) -> Self {
        self.bar = bar;
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn ratio(&self) -> Option<f64> {
        let (_, peer) = self.peer.as_ref()?;
        (peer.value() > 0.0).then(|| self.ours.value() / peer.value())
    }

    fn held(&self) -> Held {
        let within = |value: f64| match self.bar {
            Bar::AtMost(most) => value <= most,
            Bar::Times(most) => {
                let peer = self.peer.as_ref().map_or(0.0, |(_, peer)| peer.value());
                value <= most * peer
            }
            Bar::None => true,
        };
        match self.bar {
            Bar::None => Held::NoBar,
            _ if within(self.ours.value()) => Held::Yes,
            Bar::AtMost(_) if self.cpu.is_some_and(|cpu| within(cpu.value())) => Held::ByCpu,
            _ => Held::No,
        }
    }

    fn cells(&self) -> [String; 6] {
        let bar = match self.bar {
            Bar::AtMost(most) => format!("≤ {}", plain(most, self.ours.unit())),
            Bar::Times(most) => format!("≤ ×{most}"),
            Bar::None => "–".to_owned(),
        };
        let cpu = self.cpu.map(|cpu| format!(" (cpu {})", cpu.text())).unwrap_or_default();
        let peer = self.peer.as_ref();
        [
            self.what.clone(),
            format!("{}{cpu}", self.ours.text()),
            peer.map_or_else(String::new, |(name, figure)| format!("{} {name}", figure.text())),
            self.ratio().map_or_else(String::new, |ratio| format!("×{ratio:.2}")),
            bar,
            self.held().word().to_owned(),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "unit": self.ours.unit(),
            "earmark": self.ours.value(),
            "earmark_cpu": self.cpu.map(Figure::value),
            "peer": self.peer.as_ref().map(|(name, _)| name),
            "peer_value": self.peer.as_ref().map(|(_, figure)| figure.value()),
            "ratio": self.ratio(),
            "bar_at_most": match self.bar { Bar::AtMost(most) => Some(most), _ => None },
            "bar_ratio": match self.bar { Bar::Times(most) => Some(most), _ => None },
            "held": self.held().word(),
            "note": self.note,
        })
    }
}

fn plain(value: f64, unit: &str) -> String {
    format!("{value} {unit}").trim_end().to_owned()
}

/// Whether a row keeps to its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Yes,
    /// On the wall it does not; the processor time of the same work does: the machine was busy.
    ByCpu,
    No,
    NoBar,
}

impl Held {
    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::ByCpu => "by cpu",
            Self::No => "NO",
            Self::NoBar => "–",
        }
    }
}

/// All rows of one run.
#[derive(Debug)]
pub(crate) struct Report {
    full: bool,
    /// The day of the run.
    date: String,
    /// What is measured now.
    topic: &'static str,
    /// With their topics.
    rows: Vec<(&'static str, Row)>,
}

impl Report {
    pub(crate) fn new(scale: &Scale) -> Self {
        let date = Zoned::now().date().to_string();
        Self { full: scale.full, date, topic: "", rows: Vec::new() }
    }

    /// What is added from now on is of this topic.
    pub(crate) fn begin(&mut self, topic: &'static str) {
        self.topic = topic;
    }

    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("  {}", row.cells().join(" | "));
        self.rows.push((self.topic, row));
    }

    /// One table, aligned, that Markdown reads as well.
    pub(crate) fn print(&self) {
        const HEAD: [&str; 6] = ["what", "earmark", "peer or floor", "ratio", "bar", "held"];
        let mut lines: Vec<[String; 6]> = vec![HEAD.map(str::to_owned)];
        lines.extend(self.rows.iter().map(|(_, row)| row.cells()));
        let width = |column: usize| lines.iter().map(|line| count(&line[column])).max();
        let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
        println!();
        for (number, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - count(cell))))
                .collect();
            println!("| {} |", cells.join(" | "));
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                println!("| {} |", rules.join(" | "));
            }
        }
        println!();
        for (_, row) in self.rows.iter().filter(|(_, row)| !row.note.is_empty()) {
            println!("- {}: {}", row.what, row.note);
        }
        println!("\n{}; {} run", machine::described(), self.scale());
    }

    fn scale(&self) -> &'static str {
        if self.full { "full" } else { "short" }
    }

    /// The same for programs. Rows of other topics, and those of runs of the other scale, stay as they are there.
    pub(crate) fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut rows = kept(path);
        rows.retain(|row| {
            row["scale"] != self.scale()
                || !self.rows.iter().any(|(topic, _)| row["topic"] == *topic)
        });
        rows.extend(self.rows.iter().map(|(topic, row)| {
            let mut json = row.json();
            json["topic"] = json!(topic);
            json["date"] = json!(self.date);
            json["scale"] = json!(self.scale());
            json
        }));
        let all = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "machine": machine::described(),
            "rows": rows,
        });
        let part = path.with_extension("part");
        std::fs::write(&part, format!("{all:#}\n"))?;
        std::fs::rename(part, path)
    }
}

/// The rows of earlier runs. What says neither topic nor scale is of a time before both, and goes.
fn kept(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let all: Value = serde_json::from_str(&text).unwrap_or_default();
    let rows = all["rows"].as_array().cloned().unwrap_or_default();
    rows.into_iter().filter(|row| row["topic"].is_string() && row["scale"].is_string()).collect()
}

/// Every character that the table uses is one cell wide.
fn count(text: &str) -> usize {
    text.chars().count()
}

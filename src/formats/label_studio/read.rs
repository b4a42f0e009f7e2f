//! A task as a record.

use super::super::array_in::ArrayIn;
use super::super::each::Wanted;
use super::super::json::{Fault, Fields, Object, number};
use super::super::text_in::TextIn;
use super::super::{
    Files, FormatError, LineProblem, Machine, OnRecord, ReadOptions, Record, Segment,
};
use super::{
    TEXTS, at, audio, audio_name, author, is_cancelled, is_of_region, is_textarea, is_whole_text,
    results, span,
};
use serde_json::Value;
use std::ops::ControlFlow;

/// Reads a list of tasks, one at a time.
///
/// # Errors
/// No file, or one that cannot be read.
pub(in super::super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    for name in Wanted::Nearest(&[".json"]).among(files)? {
        let file = TextIn::open(files, &name)?;
        let place = file.place().to_owned();
        let mut tasks = ArrayIn::new(file);
        while let Some(element) = tasks.next_element()? {
            let read = element.text.and_then(|text| {
                record(&text, options)
                    .map(|record| Record { file: place.clone(), line: element.line, ..record })
                    .map_err(|fault| LineProblem {
                        file: place.clone(),
                        line: element.line + fault.below,
                        column: fault
                            .column
                            .map(|at| if fault.below == 0 { at + element.column - 1 } else { at }),
                        why: fault.why,
                    })
            });
            if on_record(read) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn record(text: &str, options: &ReadOptions) -> Result<Record, Fault> {
    let mut task = Fields::of_text(text)?;
    let data = match task.left.get("data") {
        Some(Value::Object(data)) => data.clone(),
        Some(_) => return Err(task.fault("data", "\"data\" is no object")),
        None => return Err(Fault::new("no \"data\" in the task")),
    };
    let name = options.audio_field.as_deref().or_else(|| audio_name(&data));
    let address = name.and_then(|name| data.get(name)).and_then(Value::as_str);
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return Err(task.fault("data", "its data names no audio, or more than one"));
    };
    let mut record = Record::new(0, audio(address));
    about(&mut record, &Fields::of(data));
    label(&mut record, &mut task, options)?;
    if record.content.is_none() {
        propose(&mut record, &task, options)?;
    }
    record.extra = task.left;
    Ok(record)
}

fn about(record: &mut Record, data: &Fields<'_>) {
    let text = |names: &[&str]| names.iter().find_map(|name| data.text(name)).map(str::to_owned);
    record.speaker = text(&["speaker", "speaker_id"]);
    record.language = text(&["language", "lang"]);
    record.usage = text(&["usage", "split"]);
    record.seconds = ["duration", "seconds"].iter().find_map(|name| data.number(name));
}

/// What one annotation or prediction says.
struct Said {
    /// Its place in the list.
    place: usize,
    content: String,
    /// The text item of the whole recording, if the content is not that of segments.
    item: Option<usize>,
    segments: Vec<Segment>,
    ground_truth: bool,
}

/// Takes the label out of the annotations: the one marked as ground truth, or the one that all agree on.
fn label(record: &mut Record, task: &mut Fields<'_>, options: &ReadOptions) -> Result<(), Fault> {
    let said = said(task, "annotations", options)?;
    let whole = said.iter().any(|one| one.item.is_some());
    let mut said: Vec<_> = said.into_iter().filter(|one| one.item.is_some() == whole).collect();
    if said.iter().any(|one| one.ground_truth) {
        said.retain(|one| one.ground_truth);
    }
    if said.windows(2).any(|two| two[0].content != two[1].content) {
        return Err(task.fault(
            "annotations",
            "two labels: its annotations differ, and none alone is marked as ground truth",
        ));
    }
    let Some(chosen) = said.pop() else { return Ok(()) };
    let annotations = task.left.get_mut("annotations").and_then(Value::as_array_mut);
    let Some(Value::Object(annotation)) = annotations.and_then(|list| list.get_mut(chosen.place))
    else {
        return Ok(());
    };
    record.author = author(annotation);
    record.at = at(annotation);
    record.content = Some(chosen.content);
    record.segments = chosen.segments;
    if let Some(item) = chosen.item
        && let Some(Value::Array(items)) = annotation.get_mut("result")
        && let Some(Value::Object(value)) = items[item].get_mut("value")
    {
        value.remove("text");
        value.remove("textarea");
    }
    Ok(())
}

/// Takes the last text that a machine gives.
fn propose(record: &mut Record, task: &Fields<'_>, options: &ReadOptions) -> Result<(), Fault> {
    let Some(said) = said(task, "predictions", options)?.pop() else { return Ok(()) };
    let prediction = &task.left["predictions"][said.place];
    record.content = Some(said.content);
    record.segments = said.segments;
    record.machine = Some(Machine {
        model: prediction["model_version"].as_str().unwrap_or_default().to_owned(),
        confidence: number(&prediction["score"]),
    });
    Ok(())
}

fn said(task: &Fields<'_>, name: &str, options: &ReadOptions) -> Result<Vec<Said>, Fault> {
    let list = match task.left.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(task.fault(name, format!("{name:?} is no list"))),
    };
    let mut said = Vec::new();
    for (place, value) in list.iter().enumerate() {
        let Value::Object(annotation) = value else {
            return Err(task.fault(name, format!("entry {} of {name:?} is no object", place + 1)));
        };
        if is_cancelled(annotation) {
            continue;
        }
        let ground_truth = annotation.get("ground_truth") == Some(&Value::Bool(true));
        let item = whole(annotation, options).map_err(|why| task.fault("result", why))?;
        let segments = segments(annotation);
        let spoken = || {
            let texts = segments.iter().filter_map(|one| one.content.as_deref());
            let texts: Vec<_> = texts.collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        };
        let content = item.as_ref().map(|(_, text)| text.clone()).or_else(spoken);
        let Some(content) = content else { continue };
        let item = item.map(|(item, _)| item);
        said.push(Said { place, content, item, segments, ground_truth });
    }
    Ok(said)
}

/// The text over the whole recording, and which item holds it.
fn whole(
    annotation: &Object,
    options: &ReadOptions,
) -> Result<Option<(usize, String)>, &'static str> {
    let list = annotation.get("result").and_then(Value::as_array);
    let mut found: Vec<(usize, &str, String)> = Vec::new();
    for (place, item) in list.into_iter().flatten().enumerate() {
        let Some(item) = item.as_object().filter(|item| is_whole_text(annotation, item)) else {
            continue;
        };
        let from = item.get("from_name").and_then(Value::as_str).unwrap_or_default();
        if options.content_field.as_deref().is_some_and(|wanted| wanted != from) {
            continue;
        }
        if let Some(text) = text(item) {
            found.push((place, from, text));
        }
    }
    if found.len() > 1 {
        let usual = TEXTS.into_iter().find(|usual| found.iter().any(|(_, from, _)| from == usual));
        found.retain(|(_, from, _)| Some(*from) == usual);
        if found.len() != 1 {
            return Err("two labels: more than one text over the whole recording");
        }
    }
    Ok(found.pop().map(|(place, _, text)| (place, text)))
}

/// The texts of an item, one a line. An old SDK called them `textarea`.
fn text(item: &Object) -> Option<String> {
    let value = item.get("value")?.as_object()?;
    match value.get("text").or_else(|| value.get("textarea"))? {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
        _ => None,
    }
}

fn segments(annotation: &Object) -> Vec<Segment> {
    let mut found: Vec<(Option<&Value>, Segment)> = Vec::new();
    for item in results(annotation) {
        let Some((start, end)) = span(item) else { continue };
        let id = item.get("id");
        if id.is_none() || found.iter().rev().all(|(known, _)| *known != id) {
            found.push((id, Segment { start, end, ..Segment::default() }));
        }
    }
    for item in results(annotation) {
        if span(item).is_none() && !is_of_region(annotation, item) {
            continue;
        }
        let id = item.get("id");
        let Some((_, segment)) = found.iter_mut().rev().find(|(known, _)| *known == id) else {
            continue;
        };
        if is_textarea(item) {
            segment.content = text(item);
        } else if let Some(Value::Array(labels)) =
            item.get("value").and_then(|value| value.get("labels"))
        {
            segment.speaker = labels.first().and_then(Value::as_str).map(str::to_owned);
        }
    }
    let mut segments: Vec<_> = found.into_iter().map(|(_, segment)| segment).collect();
    segments.sort_by(|one, other| one.start.total_cmp(&other.start));
    segments
}

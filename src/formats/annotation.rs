//! The `annotation.jsonl` of 2026: `file_name` and `text` a line, any other field free. The older spelling,
//! `audio_name` and `caption`, is read too.

use super::columns::{Audio, Columns};
use super::each::{Wanted, each_line};
use super::json::Fields;
use super::table::JsonLayout;
use super::{Files, FormatError, OnRecord, ReadOptions};
use serde_json::Value;

const COLUMNS: Columns = Columns {
    audio: &["file_name", "audio_name"],
    audio_out: Audio::Key("file_name"),
    content: &["text", "caption"],
    content_out: "text",
    null_content: false,
    seconds: "",
    usage: "usage",
    label: None,
    suggestion: None,
    ours: false,
};

/// How it is written.
pub(super) const ANNOTATION: JsonLayout = JsonLayout {
    columns: &COLUMNS,
    wanted: Wanted::Nearest(&["annotation.jsonl"]),
    first: &["file_name", "text"],
};

/// Reads it line by line.
///
/// # Errors
/// No file, or one that cannot be read.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    each_line(files, ANNOTATION.wanted, on_record, &mut |line| {
        let mut fields = Fields::of_text(line)?;
        for (new, old, why) in [
            ("text", "caption", "two labels: \"text\" and \"caption\" differ"),
            ("file_name", "audio_name", "two names: \"file_name\" and \"audio_name\" differ"),
        ] {
            let both =
                fields.left.get(new).filter(|value| !value.is_null()).zip(fields.left.get(old));
            match both {
                Some((_, Value::Null)) | None => {}
                Some((new, old)) if new != old => return Err(fields.fault("caption", why)),
                Some(_) => {
                    fields.left.remove(old);
                }
            }
        }
        COLUMNS.record(fields, options).map(Some)
    })
}

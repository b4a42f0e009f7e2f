//! Pages of listings, of either kind.

use super::contents::{Contents, Object};
use s3s::dto::{CommonPrefix, ETag, EncodingType, Timestamp};
use std::fmt::Write;

/// What is asked for.
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    /// Keys behind this one.
    pub(crate) after: &'a str,
    /// Whether `after` may be a common prefix that was listed: what lies under it is behind us then.
    pub(crate) after_prefix: bool,
    pub(crate) limit: usize,
    pub(crate) encoded: bool,
}

/// One page.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<s3s::dto::Object>,
    pub(crate) prefixes: Vec<CommonPrefix>,
    /// The last key or common prefix on it, not encoded.
    pub(crate) last: Option<String>,
    pub(crate) truncated: bool,
}

impl Page {
    pub(crate) fn len(&self) -> usize {
        self.objects.len() + self.prefixes.len()
    }
}

pub(crate) fn page(contents: &Contents, query: &Query<'_>) -> Page {
    let limit = query.limit.min(contents.page);
    let mut page = Page::default();
    let passed = query.after_prefix
        && !query.delimiter.is_empty()
        && query.after.len() > query.prefix.len()
        && query.after.ends_with(query.delimiter);
    for (key, object) in contents.objects.range(query.prefix.to_owned()..) {
        let Some(rest) = key.strip_prefix(query.prefix) else {
            break;
        };
        let behind = (!query.after.is_empty() && key.as_str() <= query.after)
            || (passed && key.starts_with(query.after));
        if behind && !contents.looping {
            continue;
        }
        let common = match query.delimiter {
            "" => None,
            delimiter => rest.find(delimiter).map(|at| &rest[..at + delimiter.len()]),
        };
        let common = common.map(|rest| format!("{}{rest}", query.prefix));
        if common.is_some() && common == page.last {
            continue;
        }
        if page.len() == limit {
            page.truncated = true;
            break;
        }
        if let Some(common) = common {
            let prefix = Some(encoded(&common, query.encoded));
            page.prefixes.push(CommonPrefix { prefix });
            page.last = Some(common);
        } else {
            page.objects.push(listed(key, object, query.encoded));
            page.last = Some(key.clone());
        }
    }
    page
}

fn listed(key: &str, object: &Object, is_encoded: bool) -> s3s::dto::Object {
    s3s::dto::Object {
        key: Some(encoded(key, is_encoded)),
        e_tag: Some(ETag::Strong(object.etag.clone())),
        size: i64::try_from(object.bytes.len()).ok(),
        last_modified: Some(Timestamp::from(object.modified)),
        ..s3s::dto::Object::default()
    }
}

/// Whether `encoding-type=url` is asked for.
pub(crate) fn asks_encoding(encoding: Option<&EncodingType>) -> bool {
    encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL)
}

/// In a key: the byte 0xff, with which it is no text.
pub(crate) const NO_TEXT: char = '\u{f8ff}';

/// A key as `encoding-type=url` has it: a space is a plus.
pub(crate) fn encoded(key: &str, is_encoded: bool) -> String {
    if !is_encoded {
        return key.to_owned();
    }
    let mut text = String::new();
    for character in key.chars() {
        let mut utf8 = [0; 4];
        let bytes = match character {
            NO_TEXT => &[0xff],
            character => character.encode_utf8(&mut utf8).as_bytes(),
        };
        for byte in bytes {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                    text.push(char::from(*byte));
                }
                b' ' => text.push('+'),
                _ => drop(write!(text, "%{byte:02X}")),
            }
        }
    }
    text
}

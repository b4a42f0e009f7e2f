//! JSON of other people: objects read with each field named once, and what is wrong with them told by column.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use std::fmt;

/// Values in one line or entry, at most.
const MOST_VALUES: usize = 500_000;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// What is wrong with a line or an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Lines below the first of what was read.
    pub(super) below: u64,
    /// From 1, in bytes, where it is known.
    pub(super) column: Option<u64>,
    /// In a few words.
    pub(super) why: String,
}

impl Fault {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { below: 0, column: None, why: why.into() }
    }

    /// What a parser says, its position apart.
    pub(super) fn syntax(error: &serde_json::Error) -> Self {
        let column = (error.column() > 0).then_some(error.column() as u64);
        let said = error.to_string();
        let said = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
        let why = if error.is_eof() {
            "the JSON is cut off".to_owned()
        } else if error.is_data() {
            said.to_owned()
        } else {
            format!("no valid JSON: {said}")
        };
        Self { below: (error.line() as u64).saturating_sub(1), column, why }
    }
}

/// The fields of an object, to be taken out one by one; what is left is what nobody knows.
#[derive(Debug, Default)]
pub(super) struct Fields<'t> {
    text: Option<&'t str>,
    table: bool,
    /// The fields that are left.
    pub(super) left: Object,
}

impl<'t> Fields<'t> {
    /// Reads the object that a text is.
    pub(super) fn of_text(text: &'t str) -> Result<Self, Fault> {
        if too_many_values(text.as_bytes()) {
            return Err(Fault::new("there are too many values in it"));
        }
        let mut parser = serde_json::Deserializer::from_str(text);
        let value = Strict.deserialize(&mut parser).map_err(|error| Fault::syntax(&error))?;
        parser.end().map_err(|error| Fault::syntax(&error))?;
        match value {
            Value::Object(left) => Ok(Self { text: Some(text), table: false, left }),
            _ => Err(Fault { column: Some(1), ..Fault::new("it is no JSON object") }),
        }
    }

    /// The fields of an object that was read before.
    pub(super) fn of(left: Object) -> Self {
        Self { text: None, table: false, left }
    }

    /// The cells of a row, those that are empty left out.
    pub(super) fn of_row(left: Object) -> Self {
        Self { text: None, table: true, left }
    }

    /// Whether they are cells, where an empty text and none look the same.
    pub(super) fn is_table(&self) -> bool {
        self.table
    }

    /// Takes a text out; `None` where it is not there or null.
    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(name, format!("{name:?} is no text"))),
        }
    }

    /// Looks at a text without taking it; `None` where it is not there or no text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.left.get(name).and_then(Value::as_str)
    }

    /// Looks at a number, also one written as text; `None` where it is not there or none.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        number(self.left.get(name)?)
    }

    /// Something wrong with a field, told by where its name stands.
    pub(super) fn fault(&self, name: &str, why: impl Into<String>) -> Fault {
        let quoted = Value::String(name.to_owned()).to_string();
        let before = self.text.and_then(|text| text.find(&quoted).map(|at| &text[..at]));
        Fault {
            below: before.map_or(0, |before| before.matches('\n').count() as u64),
            column: before.map(|before| {
                let line = before.rfind('\n').map_or(0, |end| end + 1);
                (before.len() - line) as u64 + 1
            }),
            why: why.into(),
        }
    }
}

/// Whether JSON holds more values than any line about one recording: read, each takes many times its bytes.
pub fn too_many_values(json: &[u8]) -> bool {
    if json.len() <= MOST_VALUES {
        return false;
    }
    let (mut values, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values > MOST_VALUES
}

/// A number, also one written as text; finite.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// A JSON number.
pub(super) fn from_number(number: f64) -> Option<Value> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Some(Value::from(number as i64));
    }
    Number::from_f64(number).map(Value::Number)
}

/// An object that is written with some fields first.
pub(super) struct Ordered<'a>(pub(super) &'a Object, pub(super) &'a [&'a str]);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(object, first) = self;
        let mut map = serializer.serialize_map(Some(object.len()))?;
        for name in *first {
            if let Some(value) = object.get(*name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in *object {
            if !first.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// Reads any value, refusing an object that names a field twice.
#[derive(Clone, Copy)]
pub(super) struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            match object.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(map.next_value_seed(self)?);
                }
                Entry::Occupied(there) => {
                    let why = format!("{:?} stands there twice", there.key());
                    return Err(A::Error::custom(why));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (Option<u64>, String) {
        let fault = Fields::of_text(text).unwrap_err();
        (fault.column, fault.why)
    }

    #[test]
    fn a_few_megabytes_do_not_become_a_gigabyte() {
        let long = format!(r#"{{"a":"{}"}}"#, ",[{\\\"".repeat(MOST_VALUES));
        assert!(Fields::of_text(&long).is_ok());
        for one in ["1,", "[],", "{},"] {
            let many = format!(r#"{{"a":[{}0]}}"#, one.repeat(MOST_VALUES));
            assert_eq!(fault(&many), (None, "there are too many values in it".to_owned()));
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_column() {
        assert_eq!(fault(r#"{"a":1,"a":2}"#), (Some(10), r#""a" stands there twice"#.to_owned()));
        assert_eq!(fault(r#"{"b":{"a":1,"a":2}}"#).1, r#""a" stands there twice"#);
        assert_eq!(fault(r#"{"a":1"#), (Some(6), "the JSON is cut off".to_owned()));
        assert_eq!(fault("[1]"), (Some(1), "it is no JSON object".to_owned()));
        assert!(fault(r#"{"a":x}"#).1.starts_with("no valid JSON: "));
        assert!(fault(r#"{"a":1} {"#).1.starts_with("no valid JSON: "));
        assert!(fault(&"[".repeat(100_000)).1.contains("recursion"));
        let mut fields = Fields::of_text(r#"{"key": 1, "text": [2]}"#).unwrap();
        assert_eq!(fields.take_text("text").unwrap_err().column, Some(12));
    }

    #[test]
    fn fields_keep_their_values() {
        let text =
            r#"{"a":[1,-2,1.5,null,true,"x\u0000\ud83d\ude00"],"b":{"c":18446744073709551615}}"#;
        let fields = Fields::of_text(text).unwrap();
        assert_eq!(Value::Object(fields.left), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn chosen_fields_come_first() {
        let fields = Fields::of_text(r#"{"a":1,"b":2,"z":3}"#).unwrap();
        let text = serde_json::to_string(&Ordered(&fields.left, &["z", "y"])).unwrap();
        assert_eq!(text, r#"{"z":3,"a":1,"b":2}"#);
    }
}

//! As much of Thrift's compact protocol as it takes to measure what a Parquet file says of itself before anything is
//! made of it: page headers, and whether the counts in a footer can be true.

/// How deep structures may lie in one another.
const DEEPEST: u8 = 12;

/// Bytes that are read as compact Thrift. `None` from a method: they are not.
#[derive(Clone, Copy)]
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Where a field is, and of which kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: i16,
    kind: u8,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next field of a structure, behind the one with the id `last`; `Some(None)` at its end.
    #[expect(clippy::option_option, reason = "broken, the end, a field")]
    pub(super) fn field(&mut self, last: i16) -> Option<Option<Field>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let id = match head >> 4 {
            0 => i16::try_from(self.signed()?).ok()?,
            step => last.checked_add(i16::from(step))?,
        };
        Some(Some(Field { id, kind: head & 15 }))
    }

    /// The value of a field that holds a whole number.
    pub(super) fn number(&mut self, field: Field) -> Option<i64> {
        if matches!(field.kind, 4..=6) { self.signed() } else { None }
    }

    /// The value of a field that holds yes or no: it is in its kind.
    pub(super) fn truth(field: Field) -> Option<bool> {
        match field.kind {
            TRUE => Some(true),
            FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether a field holds a structure.
    pub(super) fn is_structure(field: Field) -> bool {
        field.kind == 12
    }

    /// Goes past the value of a field.
    pub(super) fn skip(&mut self, field: Field) -> Option<()> {
        if matches!(field.kind, TRUE | FALSE) { Some(()) } else { self.value(field.kind, 0) }
    }

    /// Goes past a whole structure.
    pub(super) fn structure(&mut self) -> Option<()> {
        self.value(12, 0)
    }

    fn value(&mut self, kind: u8, depth: u8) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            TRUE | FALSE | 3 => self.forward(1),
            4..=6 => self.unsigned().map(drop),
            7 => self.forward(8),
            8 => {
                let length = self.unsigned()?;
                self.forward(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.unsigned()?,
                    count => u64::from(count),
                };
                self.values(count, &[head & 15], depth)
            }
            11 => match self.unsigned()? {
                0 => Some(()),
                count => {
                    let kinds = self.byte()?;
                    self.values(count, &[kinds >> 4, kinds & 15], depth)
                }
            },
            12 => {
                let mut last = 0;
                while let Some(field) = self.field(last)? {
                    last = field.id;
                    if !matches!(field.kind, TRUE | FALSE) {
                        self.value(field.kind, depth + 1)?;
                    }
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Each value is a byte at least: so many cannot be there that room for them would be too much.
    fn values(&mut self, count: u64, kinds: &[u8], depth: u8) -> Option<()> {
        if count > (self.bytes.len() - self.at) as u64 {
            return None;
        }
        for _ in 0..count {
            for kind in kinds {
                self.value(*kind, depth + 1)?;
            }
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn forward(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        if end > self.bytes.len() {
            return None;
        }
        self.at = end;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_passed() {
        // 1: i32 -3, 2: true, 4: list of two i32, 20: binary of two bytes, end.
        let bytes = [0x15, 5, 0x11, 0x29, 0x25, 2, 4, 0x08, 40, 2, 9, 9, 0, 77];
        let mut thrift = Thrift::new(&bytes);
        let first = thrift.field(0).flatten().unwrap();
        assert_eq!((first.id, thrift.number(first)), (1, Some(-3)));
        let second = thrift.field(1).flatten().unwrap();
        assert_eq!((second.id, Thrift::truth(second)), (2, Some(true)));
        let fourth = thrift.field(2).flatten().unwrap();
        assert_eq!((fourth.id, thrift.skip(fourth)), (4, Some(())));
        let last = thrift.field(4).flatten().unwrap();
        assert_eq!((last.id, thrift.skip(last)), (20, Some(())));
        assert!(thrift.field(20) == Some(None));
        assert_eq!(thrift.at(), 13);
        let mut whole = Thrift::new(&bytes);
        assert_eq!((whole.structure(), whole.at()), (Some(()), 13));
    }

    #[test]
    fn counts_that_cannot_be_true_are_no_thrift() {
        // A list that says it has 2^28 entries; text that ends early; a structure in itself without end.
        for bytes in [&[0x19, 0xf5, 0x80, 0x80, 0x80, 0x80, 1, 2][..], &[0x18, 9, 1], &[0x1c; 99]] {
            assert_eq!(Thrift::new(bytes).structure(), None);
        }
    }
}

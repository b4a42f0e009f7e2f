//! The codebooks of a Vorbis setup header, measured before the decoder unfolds them: a few bytes of a header can stand
//! for gigabytes of tables.

use super::stream::StreamError;

/// Numbers that all tables of a stream may hold together. The largest of encoders in use have some hundred thousand.
const MOST: u64 = 8 << 20;
/// What begins a setup header.
const SETUP: &[u8] = b"\x05vorbis";
/// Setup headers that are looked at; there is one.
const MOST_SETUPS: usize = 8;
/// What begins a codebook, and ends the doubt whether we read what the decoder reads.
const SYNC: u64 = 0x56_4342;

/// Refuses headers whose tables would not fit into any reasonable memory; `headers` are those that the decoder gets.
/// Others that are wrong are left for the decoder to refuse.
///
/// # Errors
/// There is more in the tables than in those of any recording.
pub(super) fn check(headers: &[u8]) -> Result<(), StreamError> {
    // Which packet the decoder takes for the setup header is its secret: it may follow one that only looks like it.
    let mut rest = headers;
    for _ in 0..MOST_SETUPS {
        let Some(at) = rest.windows(SETUP.len()).position(|window| window == SETUP) else {
            return Ok(());
        };
        rest = &rest[at + SETUP.len()..];
        check_setup(rest)?;
    }
    Err(StreamError::damaged("it has many setup headers"))
}

fn check_setup(setup: &[u8]) -> Result<(), StreamError> {
    let mut bits = Bits { bytes: setup, at: 0 };
    let Some(books) = bits.take(8) else { return Ok(()) };
    let mut numbers = 0;
    for _ in 0..=books {
        let Some(size) = codebook(&mut bits) else { return Ok(()) };
        numbers += size;
        if numbers > MOST {
            return Err(StreamError::damaged("its codebooks are larger than any recording's"));
        }
    }
    Ok(())
}

/// Passes over a codebook; how many numbers it unfolds to. `None` where it is none.
fn codebook(bits: &mut Bits<'_>) -> Option<u64> {
    if bits.take(24)? != SYNC {
        return None;
    }
    let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
    if bits.take(1)? == 1 {
        bits.take(5)?;
        let mut done = 0;
        while done < entries {
            done += bits.take(u64::BITS - (entries - done).leading_zeros())?;
        }
    } else {
        let sparse = bits.take(1)? == 1;
        for _ in 0..entries {
            if !sparse || bits.take(1)? == 1 {
                bits.take(5)?;
            }
        }
    }
    let lookup = bits.take(4)?;
    if lookup == 0 {
        return Some(entries);
    }
    bits.skip(64)?;
    let width = bits.take(4)? + 1;
    bits.take(1)?;
    let values = if lookup == 1 { roots(entries, dimensions) } else { entries * dimensions };
    bits.skip(values * width)?;
    Some(entries * (dimensions + 1))
}

/// The greatest number whose power of so many dimensions is at most the entries.
fn roots(entries: u64, dimensions: u64) -> u64 {
    let power = u32::try_from(dimensions).unwrap_or(u32::MAX);
    let fits = |root: u64| root.checked_pow(power).is_some_and(|all| all <= entries);
    let (mut low, mut high) = (0, entries + 1);
    while low + 1 < high {
        let middle = low.midpoint(high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// Bits from the least significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    /// Up to 32 of them; `None` where there are less.
    fn take(&mut self, count: u32) -> Option<u64> {
        let first = usize::try_from(self.at / 8).ok()?;
        let mut eight = [0; 8];
        let rest = self.bytes.get(first..)?;
        let there = rest.len().min(8);
        eight[..there].copy_from_slice(&rest[..there]);
        let shift = (self.at % 8) as u32;
        self.skip(count.into())?;
        Some((u64::from_le_bytes(eight) >> shift) & ((1 << count) - 1))
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        let at = self.at.checked_add(count)?;
        if at > self.bytes.len() as u64 * 8 {
            return None;
        }
        self.at = at;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes bits from the least significant on.
    #[derive(Default)]
    struct Out(Vec<u8>, u32);

    impl Out {
        fn put(&mut self, value: u64, count: u32) {
            for bit in 0..count {
                if self.1 == 0 {
                    self.0.push(0);
                }
                let last = self.0.last_mut().unwrap();
                let set = bit < u64::BITS && value >> bit & 1 == 1;
                *last |= u8::from(set) << self.1;
                self.1 = (self.1 + 1) % 8;
            }
        }
    }

    /// So many codebooks of 2^17 codes of 17 bits, each unfolded in so many dimensions.
    fn header(books: u64, dimensions: u64) -> Vec<u8> {
        let mut out = Out::default();
        out.put(books - 1, 8);
        for _ in 0..books {
            out.put(SYNC, 24);
            out.put(dimensions, 16);
            out.put(1 << 17, 24);
            out.put(1, 1);
            out.put(16, 5);
            out.put(1 << 17, 18);
            out.put(1, 4);
            out.put(0, 64);
            out.put(3, 4);
            out.put(0, 1);
            out.put(7, 4 * roots(1 << 17, dimensions) as u32);
        }
        [b"\x01vorbis and the rest of it".as_slice(), SETUP, &out.0].concat()
    }

    #[test]
    fn a_few_bytes_do_not_become_gigabytes() {
        assert!(header(256, 32).len() < 12_000);
        assert!(check(&header(1, 32)).is_ok());
        assert!(check(&header(3, 32)).is_err());
        assert!(check(&header(256, 32)).is_err());
        assert!(check(&header(1, 65_535)).is_err());
        assert!(check(&[header(1, 1), header(256, 32)].concat()).is_err());
        assert!(check(&SETUP.repeat(1000)).is_err());
    }

    #[test]
    fn what_is_cut_or_none_is_left_to_the_decoder() {
        let whole = header(2, 4);
        (0..whole.len()).for_each(|end| assert!(check(&whole[..end]).is_ok()));
        assert!(check(b"").is_ok());
        assert!(check(b"\x05vorbis\xff\xff\xff\xff\xff").is_ok());
    }

    #[test]
    fn roots_are_whole() {
        assert_eq!(roots(625, 4), 5);
        assert_eq!(roots(624, 4), 4);
        assert_eq!(roots(1 << 24, 1), 1 << 24);
        assert_eq!(roots(1, 65_535), 1);
        assert_eq!(roots(0, 2), 0);
    }
}

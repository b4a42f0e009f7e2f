//! An SQLite file as bytes: pages, rows and entries of indexes, read without SQLite, so that a damaged file still gives
//! what is readable. The write-ahead log is read too. Nothing here trusts a byte, and nothing is written.

use super::error::{Result, WorkspaceError};
use super::file::beside;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const FRAME: u64 = 24;
const LOG_HEADER: u64 = 32;
/// What a page is: a byte at its beginning.
const INDEX_INNER: u8 = 2;
const TABLE_INNER: u8 = 5;
const INDEX_LEAF: u8 = 10;
const TABLE_LEAF: u8 = 13;

/// One column of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Field {
    pub(super) fn integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    pub(super) fn blob(&self) -> Option<&[u8]> {
        if let Self::Blob(value) = self { Some(value) } else { None }
    }
}

/// What was found in a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// A row of a table: its number and its columns.
    Row(i64, Vec<Field>),
    /// An entry of an index, or a row of a table without numbers.
    Entry(Vec<Field>),
}

/// A database file and its write-ahead log.
pub(super) struct Pages {
    main: File,
    log: Option<File>,
    page: usize,
    usable: usize,
    count: u32,
    /// Where each page lies in the log, oldest first.
    logged: BTreeMap<u32, Vec<u64>>,
}

impl Pages {
    /// Opens a file for reading as bytes.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error| WorkspaceError::io("read", path, error);
        let main = File::open(path).map_err(failed)?;
        let length = main.metadata().map_err(failed)?.len();
        let log = File::open(beside(path, "-wal")).ok();
        let mut head = [0; 100];
        read_some(&main, &mut head, 0);
        let log_head = log.as_ref().map(|log| {
            let mut head = [0; LOG_HEADER as usize];
            read_some(log, &mut head, 0);
            head
        });
        let said = match u32::from(be16(&head, 16)) {
            1 => 65_536,
            size => size,
        };
        let in_log = log_head.map_or(0, |head| be32(&head, 8));
        // Without a readable header: as every workspace was made.
        let page = [said, in_log].into_iter().find(|size| is_page_size(*size)).unwrap_or(4096);
        let reserved = if is_page_size(said) { usize::from(head[20]) } else { 0 };
        let page = page as usize;
        let usable = if reserved < page - 480 { page - reserved } else { page };
        let count = u32::try_from(length.div_ceil(page as u64)).unwrap_or(u32::MAX);
        let mut pages = Self { main, log, page, usable, count, logged: BTreeMap::new() };
        pages.read_log();
        Ok(pages)
    }

    /// Every number that a page may have.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=self.count
    }

    /// Every version of a page that can be read, the newest last.
    pub(super) fn versions(&self, number: u32) -> Vec<Vec<u8>> {
        let first = self.in_main(number);
        let logged = self.logged.get(&number).into_iter().flatten();
        first.into_iter().chain(logged.filter_map(|at| self.in_log(*at))).collect()
    }

    fn newest(&self, number: u32) -> Option<Vec<u8>> {
        let logged = self.logged.get(&number).and_then(|at| at.last());
        logged.and_then(|at| self.in_log(*at)).or_else(|| self.in_main(number))
    }

    fn in_main(&self, number: u32) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.page];
        let at = u64::from(number.checked_sub(1)?) * self.page as u64;
        // The end of a file that was cut is taken as zeros.
        (read_some(&self.main, &mut bytes, at) > 0).then_some(bytes)
    }

    fn in_log(&self, at: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.page];
        (read_some(self.log.as_ref()?, &mut bytes, at) == self.page).then_some(bytes)
    }

    /// Learns which pages the log holds: those of finished transactions, a frame that is damaged left out.
    fn read_log(&mut self) {
        let Some(log) = &self.log else { return };
        let mut head = [0; LOG_HEADER as usize];
        if read_some(log, &mut head, 0) < head.len() {
            return;
        }
        let known = matches!(be32(&head, 0), 0x377f_0682 | 0x377f_0683);
        let big = be32(&head, 0) & 1 == 1;
        let mut salt = known.then(|| head[16..24].to_vec());
        let mut sum = known.then(|| (be32(&head, 24), be32(&head, 28)));
        let mut frame = vec![0; FRAME as usize + self.page];
        let (mut at, mut pending, mut whole) = (LOG_HEADER, Vec::new(), Vec::new());
        while read_some(log, &mut frame, at) == frame.len() {
            let salt = salt.get_or_insert_with(|| frame[8..16].to_vec());
            let ours = frame[8..16] == *salt;
            let right = sum.is_none_or(|sum| {
                let sum = checksum(sum, &frame[..8], big);
                checksum(sum, &frame[FRAME as usize..], big) == (be32(&frame, 16), be32(&frame, 20))
            });
            let number = be32(&frame, 0);
            if ours && right && number > 0 {
                pending.push((number, at + FRAME));
            }
            if ours && be32(&frame, 4) > 0 {
                whole.append(&mut pending);
            }
            // One that is damaged says nothing about the next.
            sum = (ours && right).then(|| (be32(&frame, 16), be32(&frame, 20)));
            at += frame.len() as u64;
        }
        for (number, at) in whole {
            self.count = self.count.max(number.min(self.count.saturating_add(1 << 20)));
            self.logged.entry(number).or_default().push(at);
        }
    }

    /// Everything that a leaf holds and that is readable; nothing for other pages.
    pub(super) fn found(&self, number: u32, page: &[u8]) -> Vec<Found> {
        let start = if number == 1 { 100 } else { 0 };
        let kind = page.get(start).copied().unwrap_or_default();
        let (header, table) = match kind {
            TABLE_LEAF => (8, true),
            INDEX_LEAF => (8, false),
            INDEX_INNER => (12, false),
            _ => return Vec::new(),
        };
        let cells = self.cells(page, start, header);
        let skip = if kind == INDEX_INNER { 4 } else { 0 };
        cells.filter_map(|at| self.cell(page, at + skip, table)).collect()
    }

    fn cells(&self, page: &[u8], start: usize, header: usize) -> impl Iterator<Item = usize> {
        let most = (self.usable - header) / 2;
        let count = usize::from(be16(page, start + 3)).min(most);
        (0..count).map(move |n| usize::from(be16(page, start + header + 2 * n)))
    }

    fn cell(&self, page: &[u8], at: usize, table: bool) -> Option<Found> {
        let (length, at) = varint(page, at)?;
        let (row, at) = if table { varint(page, at)? } else { (0, at) };
        let length = usize::try_from(length).ok()?;
        let payload = self.payload(page, at, length, table)?;
        let fields = fields(&payload)?;
        Some(if table { Found::Row(row, fields) } else { Found::Entry(fields) })
    }

    /// The bytes of a cell, with those that lie on pages of their own.
    fn payload(&self, page: &[u8], at: usize, length: usize, table: bool) -> Option<Vec<u8>> {
        let room = self.usable;
        let most = if table { room - 35 } else { (room - 12) * 64 / 255 - 23 };
        if length <= most {
            return page.get(at..at + length).map(<[u8]>::to_vec);
        }
        if length as u64 > u64::from(self.count) * self.page as u64 {
            return None;
        }
        let least = (room - 12) * 32 / 255 - 23;
        let wanted = least + (length - least) % (room - 4);
        let here = if wanted <= most { wanted } else { least };
        let mut bytes = page.get(at..at + here)?.to_vec();
        let mut next = be32(page.get(at + here..at + here + 4)?, 0);
        while bytes.len() < length {
            if next == 0 {
                return None;
            }
            let page = self.newest(next)?;
            let take = (length - bytes.len()).min(room - 4);
            let part = &page[4..4 + take];
            // A page that was wiped says nothing; no text is made of it.
            if part.iter().all(|byte| *byte == 0) {
                return None;
            }
            bytes.extend_from_slice(part);
            next = be32(&page, 0);
        }
        // The last one names no other.
        (next == 0).then_some(bytes)
    }

    /// The pages that SQLite has set aside: what they hold was let go of.
    pub(super) fn free(&self) -> BTreeSet<u32> {
        let mut free = BTreeSet::new();
        let mut trunk = self.newest(1).map_or(0, |page| be32(&page, 32));
        while trunk > 1 && trunk <= self.count && free.insert(trunk) {
            let Some(page) = self.newest(trunk) else { break };
            let leaves = (be32(&page, 4) as usize).min(self.usable / 4 - 2);
            let leaves = (0..leaves).map(|n| be32(&page, 8 + 4 * n));
            free.extend(leaves.filter(|leaf| *leaf > 1 && *leaf <= self.count));
            trunk = be32(&page, 0);
        }
        free
    }

    /// Which tree each page belongs to, as far as the way to it is readable.
    pub(super) fn owners(&self) -> BTreeMap<u32, String> {
        let mut owners = BTreeMap::new();
        let mut schema = BTreeMap::new();
        self.walk(1, "sqlite_schema", &mut owners);
        for number in owners.keys() {
            let page = self.newest(*number).unwrap_or_default();
            for found in self.found(*number, &page) {
                if let Found::Row(_, row) = found
                    && let [_, name, _, root, ..] = row.as_slice()
                    && let (Some(name), Some(root)) = (name.text(), root.integer())
                    && let Ok(root) = u32::try_from(root)
                {
                    schema.insert(root, name.to_owned());
                }
            }
        }
        for (root, name) in schema {
            self.walk(root, &name, &mut owners);
        }
        owners
    }

    fn walk(&self, root: u32, name: &str, owners: &mut BTreeMap<u32, String>) {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if number == 0 || number > self.count || owners.contains_key(&number) {
                continue;
            }
            owners.insert(number, name.to_owned());
            let Some(page) = self.newest(number) else { continue };
            let start = if number == 1 { 100 } else { 0 };
            if matches!(page[start], TABLE_INNER | INDEX_INNER) {
                let cells = self.cells(&page, start, 12).filter_map(|at| page.get(at..at + 4));
                waiting.extend(cells.map(|child| be32(child, 0)));
                waiting.push(be32(&page, start + 8));
            }
        }
    }
}

fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && (512..=65_536).contains(&size)
}

/// As much as can be read. What the disk refuses counts as not there.
fn read_some(file: &File, into: &mut [u8], at: u64) -> usize {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return 0,
        }
    }
    filled
}

/// Zero where there is nothing.
fn be16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]))
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from(be16(bytes, at)) << 16 | u32::from(be16(bytes, at + 2))
}

/// A number of one to nine bytes, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut value: u64 = 0;
    for n in 0..8 {
        let byte = *bytes.get(at + n)?;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value as i64, at + n + 1));
        }
    }
    let byte = *bytes.get(at + 8)?;
    Some(((value << 8 | u64::from(byte)) as i64, at + 9))
}

/// The columns of a record; `None` unless every one of them is what its header says.
fn fields(payload: &[u8]) -> Option<Vec<Field>> {
    let (header, mut at) = varint(payload, 0)?;
    let header = usize::try_from(header).ok().filter(|end| *end <= payload.len())?;
    let (mut fields, mut body) = (Vec::new(), header);
    while at < header {
        let (kind, next) = varint(payload, at)?;
        at = next;
        let kind = u64::try_from(kind).ok()?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let bytes = payload.get(body..body.checked_add(length)?)?;
        body += length;
        fields.push(match kind {
            0 => Field::Null,
            8 => Field::Integer(0),
            9 => Field::Integer(1),
            7 => Field::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            1..=6 => Field::Integer(integer(bytes)),
            _ if kind % 2 == 0 => Field::Blob(bytes.to_vec()),
            _ => Field::Text(String::from_utf8(bytes.to_vec()).ok()?),
        });
    }
    (at == header && body == payload.len() && !fields.is_empty()).then_some(fields)
}

/// Big-endian with a sign.
fn integer(bytes: &[u8]) -> i64 {
    let start = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(start, |value, byte| value << 8 | i64::from(*byte))
}

/// What a frame of the log says of itself and of all before it.
fn checksum((mut one, mut two): (u32, u32), bytes: &[u8], big: bool) -> (u32, u32) {
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for pair in bytes.chunks_exact(8) {
        one = one.wrapping_add(word(&pair[..4])).wrapping_add(two);
        two = two.wrapping_add(word(&pair[4..])).wrapping_add(one);
    }
    (one, two)
}

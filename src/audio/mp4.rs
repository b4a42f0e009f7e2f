//! The edit list of an MP4 file: which part of a track is to be heard. The reader passes it over, and with it the
//! encoder's run-in.

use super::source::read_full;
use super::stream::StreamError;
use crate::domain::ByteSource;

/// The largest `moov` that is looked into.
const MAX_MOOV: u64 = 32 << 20;
/// Boxes looked at on the top level.
const MAX_BOXES: usize = 1000;

/// The part of a track that is to be heard, in the track's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    /// What lies before it.
    pub(super) skipped: u64,
    /// How long it is, where the file says so.
    pub(super) heard: Option<u64>,
}

/// The edit of one track; `None` where there is none, or one that is more than a cut at both ends.
pub(super) fn edit(source: &dyn ByteSource, track: u32) -> Result<Option<Edit>, StreamError> {
    let Some(moov) = moov(source)? else { return Ok(None) };
    let movie = child(&moov, *b"mvhd").and_then(timescale);
    let trak = children(&moov)
        .filter(|(name, _)| name == b"trak")
        .find(|(_, trak)| child(trak, *b"tkhd").and_then(track_id) == Some(track));
    Ok(trak.and_then(|(_, trak)| {
        let list = child(child(trak, *b"edts")?, *b"elst")?;
        let media = child(child(trak, *b"mdia")?, *b"mdhd").and_then(timescale)?;
        single_edit(list, movie?, media)
    }))
}

fn single_edit(list: &[u8], movie: u32, media: u32) -> Option<Edit> {
    let wide = *list.first()? == 1;
    let count = be(list, 4, 4)? as usize;
    let size = if wide { 20 } else { 12 };
    let mut heard = list.get(8..)?.chunks_exact(size).take(count).filter_map(|entry| {
        let (length, time) = if wide {
            (be(entry, 0, 8)?, be(entry, 8, 8)?.cast_signed())
        } else {
            (be(entry, 0, 4)?, i64::from((be(entry, 4, 4)? as u32).cast_signed()))
        };
        // A negative time is a pause before the sound: of no concern where there is sound alone.
        u64::try_from(time).ok().map(|skipped| (skipped, length))
    });
    let (skipped, length) = heard.next()?;
    if heard.next().is_some() {
        return None;
    }
    // The length counts in the movie's ticks, which may be coarse: half a tick more cuts nothing off.
    let ticks = (u128::from(length) * 2 + 1) * u128::from(media) / (2 * u128::from(movie.max(1)));
    let heard = u64::try_from(ticks).ok().filter(|_| length > 0);
    Some(Edit { skipped, heard })
}

fn moov(source: &dyn ByteSource) -> Result<Option<Vec<u8>>, StreamError> {
    let mut offset = 0_u64;
    for _ in 0..MAX_BOXES {
        let mut head = [0; 16];
        let filled = read_full(source, offset, &mut head)?;
        let Some((name, header, size)) = box_head(&head[..filled], u64::MAX) else {
            return Ok(None);
        };
        if &name == b"moov" {
            let mut body = vec![0; size.saturating_sub(header).min(MAX_MOOV) as usize];
            let filled = read_full(source, offset + header, &mut body)?;
            body.truncate(filled);
            return Ok(Some(body));
        }
        offset = offset.saturating_add(size);
    }
    Ok(None)
}

/// Name, bytes of header and bytes in all of the box that starts here; `rest` is what there is of it at most.
fn box_head(bytes: &[u8], rest: u64) -> Option<([u8; 4], u64, u64)> {
    let name = bytes.get(4..8)?.try_into().ok()?;
    let (header, size) = match be(bytes, 0, 4)? {
        0 => (8, rest),
        1 => (16, be(bytes, 8, 8)?),
        size => (8, size),
    };
    (size >= header).then_some((name, header, size))
}

fn children(mut body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (name, header, size) = box_head(body, body.len() as u64)?;
        let size = usize::try_from(size).ok()?.min(body.len());
        let (whole, rest) = body.split_at(size);
        body = rest;
        Some((name, whole.get(header as usize..)?))
    })
}

fn child(body: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    children(body).find_map(|(name, body)| (name == wanted).then_some(body))
}

/// Ticks a second, of `mvhd` and `mdhd` alike.
fn timescale(header: &[u8]) -> Option<u32> {
    let at = if *header.first()? == 1 { 20 } else { 12 };
    be(header, at, 4).map(|ticks| ticks as u32)
}

fn track_id(header: &[u8]) -> Option<u32> {
    let at = if *header.first()? == 1 { 20 } else { 12 };
    be(header, at, 4).map(|id| id as u32)
}

fn be(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let field = bytes.get(at..at + count)?;
    Some(field.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u32, i32)]) -> Vec<u8> {
        let mut list = vec![0, 0, 0, 0];
        list.extend((entries.len() as u32).to_be_bytes());
        for (length, time) in entries {
            list.extend(length.to_be_bytes());
            list.extend(time.to_be_bytes());
            list.extend([0, 1, 0, 0]);
        }
        list
    }

    #[test]
    fn one_cut_is_an_edit_and_more_are_none() {
        let edit = single_edit(&list(&[(1000, 1024)]), 1000, 48_000);
        assert_eq!(edit, Some(Edit { skipped: 1024, heard: Some(48_024) }));
        let after_pause = single_edit(&list(&[(20, -1), (0, 312)]), 1000, 48_000);
        assert_eq!(after_pause, Some(Edit { skipped: 312, heard: None }));
        assert_eq!(single_edit(&list(&[(5, 0), (5, 99)]), 1000, 48_000), None);
        assert_eq!(single_edit(&[0; 9], 1000, 48_000), None);
    }

    #[test]
    fn boxes_that_lie_about_their_size_end_the_walk() {
        assert_eq!(children(b"\0\0\0\x04trak").count(), 0);
        assert_eq!(children(b"\xff\xff\xff\xfftrakabc").count(), 1);
        assert_eq!(children(&[0; 3]).count(), 0);
    }
}

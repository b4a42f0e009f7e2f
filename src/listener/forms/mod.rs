//! In which form a sound leaves the server: as it is, or made anew where originals have to stay.

mod pcm;
mod slices;
#[cfg(test)]
mod tests;
mod whole;

use super::wire::Form;
use crate::audio::{Sounds, looks_like_audio};
use crate::domain::{ByteSource, SoundId};
use pcm::Pcm;
use slices::Slices;
use std::io;
use std::sync::Arc;
use whole::Whole;

/// The most that travels at once, and the most of a sound that it stands for, in bytes.
pub const MAX_PIECE: u64 = 64 << 10;

/// A sound in the form in which it leaves, open to be read anywhere.
pub struct Prepared {
    /// What its bytes are.
    pub form: Form,
    /// How many bytes it has in this form; `None` where nobody knows before its end.
    pub len: Option<u64>,
    /// Its file name; empty where originals stay here.
    pub name: String,
    bytes: Bytes,
}

enum Bytes {
    Original(Arc<dyn ByteSource>),
    Slices(Box<Slices>),
    Flac(Whole),
}

/// A stretch of a sound as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// How many bytes of the sound it stands for.
    pub len: u32,
    /// What travels: at most [`MAX_PIECE`] bytes.
    pub bytes: Vec<u8>,
}

/// Opens a sound in the form that is `wanted`, or else in the first one of those that the other side `takes`. Without
/// `originals` nothing leaves that is not decoded and packed anew, and no name. Blocks: for FLAC until all of it is made.
///
/// # Errors
/// The sound cannot be opened or decoded, or not in a form that may leave and that the other side takes.
pub fn prepare(
    sounds: &dyn Sounds,
    sound: &SoundId,
    wanted: Option<Form>,
    takes: &[Form],
    originals: bool,
) -> io::Result<Prepared> {
    let form = choose(wanted, takes, originals)?;
    let (source, name) = sounds.open(sound)?;
    // Errors are told to the other side as well: a name must not leave with them.
    let called = if originals { name.clone() } else { nameless(&name) };
    let bytes = match form {
        Form::Slices => Bytes::Slices(Box::new(Slices::new(Pcm::open(source, called)?))),
        Form::Flac => Bytes::Flac(Whole::make(Pcm::open(source, called)?)?),
        _ => Bytes::Original(source),
    };
    let len = match &bytes {
        Bytes::Original(source) => source.len(),
        Bytes::Slices(slices) => slices.len(),
        Bytes::Flac(flac) => Some(flac.len()),
    };
    Ok(Prepared { form, len, name: if originals { name } else { String::new() }, bytes })
}

fn choose(wanted: Option<Form>, takes: &[Form], originals: bool) -> io::Result<Form> {
    let may_leave = |form: &Form| match form {
        Form::Original => originals,
        Form::Slices | Form::Flac => true,
        Form::Unknown => false,
    };
    let refused = |why: &str| Err(io::Error::new(io::ErrorKind::Unsupported, why));
    match wanted {
        Some(Form::Original) if !originals => refused("its file has to stay on the server"),
        Some(wanted) if may_leave(&wanted) => Ok(wanted),
        Some(_) => refused("it was asked for in a form that is not known here"),
        None => {
            let found = takes.iter().copied().find(may_leave);
            found.map_or_else(|| refused("the listener takes it in no form that may leave"), Ok)
        }
    }
}

/// A name that tells only what decoders look at.
fn nameless(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, ending)) if looks_like_audio(name) => format!("sound.{ending}"),
        _ => "sound".to_owned(),
    }
}

impl Prepared {
    /// What lies from byte `from` on, up to `to` at most, as it travels; `None` at the end. Blocks.
    ///
    /// # Errors
    /// The sound cannot be read or decoded there.
    pub fn piece(&self, from: u64, to: u64) -> io::Result<Option<Piece>> {
        let count = to.saturating_sub(from).min(MAX_PIECE) as usize;
        if count == 0 {
            return Ok(None);
        }
        match &self.bytes {
            Bytes::Original(source) => as_it_is(count, |buffer| source.read_at(from, buffer)),
            Bytes::Flac(flac) => as_it_is(count, |buffer| flac.read_at(from, buffer)),
            Bytes::Slices(slices) => slices.piece(from, count),
        }
    }
}

fn as_it_is(
    count: usize,
    read: impl Fn(&mut [u8]) -> io::Result<usize>,
) -> io::Result<Option<Piece>> {
    let mut bytes = vec![0; count];
    let count = loop {
        match read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    bytes.truncate(count);
    Ok((count > 0).then_some(Piece { len: count as u32, bytes }))
}

/// The bytes of a sound that came as a chunk: `len` of them, from `offset` on. Whatever came, it takes little time and
/// memory.
///
/// # Errors
/// They are not what they claim to be.
pub fn unpack(form: Form, offset: u64, len: u32, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let unpacked = match form {
        Form::Original | Form::Flac => bytes,
        Form::Slices => slices::unpack(offset, len, bytes)?,
        Form::Unknown => return Err(damaged("it comes in a form that is not known here")),
    };
    if len == 0
        || unpacked.len() as u64 != u64::from(len)
        || offset.checked_add(len.into()).is_none()
    {
        return Err(damaged("it is not as long as it says"));
    }
    Ok(unpacked)
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged audio came: {why}"))
}

//! Foot pedals and other input devices of Linux (evdev), read beside the terminal.

use super::keys::Key;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Where the system tells the names of input devices.
const NAMES: &str = "/sys/class/input";
/// Where they can be read.
const DEVICES: &str = "/dev/input";

/// Bytes of one `input_event`: two words of time, a kind and a code of 16 bits, a value of 32.
const EVENT: usize = 2 * size_of::<usize>() + 8;
/// Kind of events that are keys.
const EV_KEY: u16 = 1;
/// Value of a key that goes down.
const DOWN: i32 = 1;
/// Value of a key that comes up.
const UP: i32 = 0;
/// Codes of both shift keys.
const SHIFTS: [u16; 2] = [42, 54];

/// Why a pedal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PedalError {
    /// No device goes by that name.
    #[error("no input device is called {name:?}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that there are.
        present: Vec<String>,
    },
    /// It is there but cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl PedalError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { present, .. } if present.is_empty() => {
                Some("no input device is known here; give a path below /dev/input".to_owned())
            }
            Self::Unknown { present, .. } => Some(format!("there are: {}", present.join(", "))),
            Self::Unreadable { source, .. } if source.kind() == ErrorKind::PermissionDenied => Some(
                "your account has to belong to the group `input`: sudo usermod -aG input $USER, then log in again"
                    .to_owned(),
            ),
            Self::Unreadable { .. } => None,
        }
    }
}

/// An open input device.
#[derive(Debug)]
pub struct Pedal {
    path: PathBuf,
    device: File,
    shift: bool,
}

impl Pedal {
    /// Opens the devices whose name contains `name`, whatever its case (a pedal may be several); or the one at a path.
    ///
    /// # Errors
    /// There is none, or one cannot be opened.
    pub fn open(name: &str) -> Result<Vec<Self>, PedalError> {
        Self::find(name, Path::new(NAMES), Path::new(DEVICES))
    }

    fn find(name: &str, names: &Path, devices: &Path) -> Result<Vec<Self>, PedalError> {
        if name.starts_with('/') {
            return Self::at(PathBuf::from(name)).map(|pedal| vec![pedal]);
        }
        let present = present(names);
        let is_meant = |known: &str| known.to_lowercase().contains(&name.to_lowercase());
        let meant = present.iter().filter(|(known, _)| !name.is_empty() && is_meant(known));
        let paths: Vec<PathBuf> = meant.map(|(_, event)| devices.join(event)).collect();
        if paths.is_empty() {
            let mut present: Vec<String> = present.into_iter().map(|(known, _)| known).collect();
            present.dedup();
            return Err(PedalError::Unknown { name: name.to_owned(), present });
        }
        paths.into_iter().map(Self::at).collect()
    }

    fn at(path: PathBuf) -> Result<Self, PedalError> {
        match File::open(&path) {
            Ok(device) => Ok(Self { path, device, shift: false }),
            Err(source) => Err(PedalError::Unreadable { path, source }),
        }
    }

    /// Waits for the next key that means something; `None` once the device is gone.
    ///
    /// # Errors
    /// The device cannot be read any more.
    pub fn next_key(&mut self) -> Result<Option<Key>, PedalError> {
        let mut event = [0; EVENT];
        loop {
            match self.device.read_exact(&mut event) {
                Ok(()) => {}
                // ENODEV: it was unplugged.
                Err(error) if error.raw_os_error() == Some(19) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                Err(source) => {
                    return Err(PedalError::Unreadable { path: self.path.clone(), source });
                }
            }
            if let Some(key) = self.take(&event) {
                return Ok(Some(key));
            }
        }
    }

    fn take(&mut self, event: &[u8; EVENT]) -> Option<Key> {
        let [.., k0, k1, c0, c1, v0, v1, v2, v3] = *event;
        let (kind, code) = (u16::from_ne_bytes([k0, k1]), u16::from_ne_bytes([c0, c1]));
        let value = i32::from_ne_bytes([v0, v1, v2, v3]);
        if kind == EV_KEY && SHIFTS.contains(&code) {
            self.shift = value != UP;
        }
        (kind == EV_KEY && value == DOWN).then(|| meaning(code, self.shift))?
    }
}

/// What a key means, by its code in the kernel's `input-event-codes.h`.
fn meaning(code: u16, shift: bool) -> Option<Key> {
    Some(match code {
        // Tab, with shift
        15 if shift => Key::Again,
        // Space, Tab; play and pause keys of several kinds; the middle of three pedals
        57 | 15 | 164 | 200 | 201 | 207 | 0x101 => Key::Toggle,
        // b, left; previous, rewind; the left pedal
        48 | 105 | 165 | 168 | 0x100 => Key::Back,
        // Right; next, fast forward; the right pedal
        106 | 163 | 208 | 0x102 => Key::Forward,
        // a
        30 => Key::Again,
        // Minus, down
        12 | 74 | 108 => Key::Slower,
        // Plus (equal), up
        13 | 78 | 103 => Key::Faster,
        _ => return None,
    })
}

/// Names of the input devices, each with that of its file.
fn present(names: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(names).into_iter().flatten().flatten();
    let events = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut present: Vec<(String, String)> = events
        .filter(|event| event.starts_with("event"))
        .filter_map(|event| {
            let name = fs::read_to_string(names.join(&event).join("device/name")).ok()?;
            Some((name.trim().to_owned(), event))
        })
        .collect();
    present.sort();
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
        let mut bytes = vec![7; 2 * size_of::<usize>()];
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&code.to_ne_bytes());
        bytes.extend_from_slice(&value.to_ne_bytes());
        bytes
    }

    /// A machine with a pedal and a keyboard, and what the pedal does.
    fn machine(events: &[Vec<u8>]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (number, name) in [(3, "VEC  VEC USB Footpedal"), (0, "AT Keyboard")] {
            let about = folder.path().join(format!("names/event{number}/device"));
            fs::create_dir_all(&about).unwrap();
            fs::write(about.join("name"), format!("{name}\n")).unwrap();
        }
        fs::create_dir(folder.path().join("devices")).unwrap();
        fs::write(folder.path().join("devices/event3"), events.concat()).unwrap();
        folder
    }

    fn find(name: &str, machine: &tempfile::TempDir) -> Result<Vec<Pedal>, PedalError> {
        let folder = machine.path();
        Pedal::find(name, &folder.join("names"), &folder.join("devices"))
    }

    #[test]
    fn a_pedal_is_found_by_a_part_of_its_name_and_its_keys_are_read() {
        let machine = machine(&[
            event(4, 4, 1),
            event(EV_KEY, 0x101, DOWN),
            event(EV_KEY, 0x101, 2),
            event(EV_KEY, 0x101, UP),
            event(EV_KEY, 42, DOWN),
            event(EV_KEY, 15, DOWN),
            event(EV_KEY, 42, UP),
            event(EV_KEY, 15, DOWN),
            event(EV_KEY, 999, DOWN),
            event(EV_KEY, 48, DOWN),
            vec![1, 2, 3],
        ]);
        let mut pedals = find("footPEDAL", &machine).unwrap();
        assert_eq!(pedals.len(), 1);
        let keys: Vec<Key> = std::iter::from_fn(|| pedals[0].next_key().unwrap()).collect();
        assert_eq!(keys, [Key::Toggle, Key::Again, Key::Toggle, Key::Back]);
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let machine = machine(&[]);
        let error = find("organ", &machine).unwrap_err();
        assert_eq!(error.hint().unwrap(), "there are: AT Keyboard, VEC  VEC USB Footpedal");
        assert!(matches!(find("keyboard", &machine), Err(PedalError::Unreadable { .. })));
        assert!(matches!(find("/nowhere", &machine), Err(PedalError::Unreadable { .. })));
    }
}

//! The user's own `ssh`: one master connection, and what goes through it.

use super::error::ConnectError;
use super::line::quoted;
use crate::listener::wire::Address;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A link that says nothing for three times as long as this is dead: seconds.
const ALIVE: u32 = 5;

/// Whom to connect to, and how the user wants it done.
#[derive(Debug, Clone)]
pub struct Ssh {
    host: String,
    options: Vec<String>,
    program: OsString,
}

impl Ssh {
    /// `[USER@]HOST` or an alias of the user's configuration, with options for `ssh`.
    ///
    /// # Errors
    /// Something that `ssh` would take for an option, or nothing.
    pub fn new(host: &str, options: &[String]) -> Result<Self, ConnectError> {
        let is_bad = host.is_empty()
            || host.starts_with('-')
            || host.contains("@-")
            || host.chars().any(|char| char.is_control() || char.is_whitespace());
        if is_bad {
            return Err(ConnectError::Host(host.to_owned()));
        }
        Ok(Self { host: host.to_owned(), options: options.to_vec(), program: "ssh".into() })
    }

    /// Whom it goes to, as it was typed.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Options as they are typed to a shell, each after a space.
    pub(super) fn typed_options(&self) -> String {
        self.options.iter().fold(String::new(), |line, option| line + " " + &quoted(option))
    }

    /// Opens the connection and runs the line on it, without a terminal over there.
    pub(super) fn master(&self, control: &Path, line: &str) -> Command {
        let mut command = self.base(control);
        command.args(["-T", "-o", "ControlMaster=yes", "-o", "ControlPersist=no"]);
        command.arg("-o").arg(format!("ServerAliveInterval={ALIVE}"));
        command.args(["-o", "ServerAliveCountMax=3", "-o", "RemoteCommand=none"]);
        command.args(&self.options).arg("--").arg(&self.host).arg(line);
        command
    }

    /// Runs the line on a terminal, through the master.
    pub(super) fn session(&self, control: &Path, line: &str) -> Command {
        let mut command = self.base(control);
        command.args(["-t", "-o", "ControlMaster=no", "-o", "RemoteCommand=none"]);
        // Those of the user's configuration were made when the master connected.
        command.args(["-o", "ClearAllForwardings=yes", "-o", "LogLevel=ERROR"]);
        command.args(&self.options).arg("--").arg(&self.host).arg(line);
        command
    }

    /// Has the master lead an address over there back to the socket here. Port 0 takes any; it is printed.
    pub(super) fn forward(&self, control: &Path, from: &Address, to: &Path) -> Command {
        let from = match from {
            Address::Unix(path) => path.clone().into_os_string(),
            Address::Tcp(port) => format!("127.0.0.1:{port}").into(),
        };
        let lead = [from.as_os_str(), OsStr::new(":"), to.as_os_str()].iter().copied().collect();
        self.ask(control, "forward", [OsString::from("-R"), lead])
    }

    /// Has the master end.
    pub(super) fn end(&self, control: &Path) -> Command {
        self.ask(control, "exit", [])
    }

    /// The master answers alone; what else the configuration says of this host is none of its business.
    fn ask(&self, control: &Path, what: &str, args: impl IntoIterator<Item = OsString>) -> Command {
        let mut command = self.base(control);
        command.args(["-F", "/dev/null", "-O", what]).args(args).arg("--").arg(&self.host);
        command.stdin(Stdio::null());
        command
    }

    fn base(&self, control: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-S").arg(control);
        command
    }
}

/// Whether a socket's path can be given to `ssh` as it is: it reads colons, per cent signs and the like.
pub(super) fn is_forwardable(path: &Path) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./+=@,".contains(&byte);
    let bytes = path.as_os_str().as_encoded_bytes();
    path.is_absolute() && bytes.len() <= LONGEST_SOCKET && bytes.iter().copied().all(plain)
}

/// What fits where systems keep the path of a socket, in bytes.
const LONGEST_SOCKET: usize = 100;

/// Where short paths go: `ssh` adds to that of the control socket, and there is little room.
pub(super) fn short_folder() -> PathBuf {
    let short = PathBuf::from("/tmp");
    if short.is_dir() { short } else { std::env::temp_dir() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_be_an_option() {
        for wrong in ["", "-oProxyCommand=id", "ann@-x", "a b", "a\nb"] {
            assert!(Ssh::new(wrong, &[]).is_err(), "{wrong:?}");
        }
        for good in ["host", "ann@host", "ssh://ann@host:22", "::1", "my-alias"] {
            assert!(Ssh::new(good, &[]).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn only_plain_paths_are_forwarded() {
        assert!(is_forwardable(Path::new("/run/user/1000/earmark/listeners/a1.sock")));
        let long = format!("/{}", "x".repeat(120));
        for wrong in ["run/a.sock", "/a:b.sock", "/a%h.sock", "/a b.sock", long.as_str()] {
            assert!(!is_forwardable(Path::new(wrong)), "{wrong}");
        }
    }
}

//! Where a listener waits on a machine.

use super::stream::Stream;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// How long a port of this machine may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A place on this machine where somebody can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// A Unix socket, by its full path.
    Unix(PathBuf),
    /// A port of the loopback interface.
    Tcp(u16),
}

impl Address {
    /// Connects to it.
    ///
    /// # Errors
    /// Nobody waits there, or the system says no.
    pub fn connect(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
            Self::Tcp(port) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                TcpStream::connect_timeout(&address, PATIENCE).map(Stream::Tcp)
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(port) => write!(f, "127.0.0.1:{port}"),
        }
    }
}

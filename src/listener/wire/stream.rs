//! A socket between sender and listener: a Unix socket, or loopback TCP where those cannot be forwarded.

use super::frame::Wire;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// A connected socket.
#[derive(Debug)]
pub enum Stream {
    /// A Unix socket.
    Unix(UnixStream),
    /// TCP on this machine.
    Tcp(TcpStream),
}

impl Stream {
    /// Another handle of the same socket.
    ///
    /// # Errors
    /// The system gives no more handles.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
        }
    }

    /// How long a read, and how long a write, may wait; `None` is forever.
    ///
    /// # Errors
    /// The socket is no more, or zero was asked for.
    pub fn set_patience(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Unix(stream) => {
                stream.set_read_timeout(read)?;
                stream.set_write_timeout(write)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(read)?;
                stream.set_write_timeout(write)
            }
        }
    }

    /// Ends it for both sides, whoever holds handles.
    pub fn shut_down(&self) {
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }

    /// As a wire, once the handshake is done.
    ///
    /// # Errors
    /// The system gives no more handles.
    pub fn into_wire(self) -> io::Result<Wire> {
        if let Self::Tcp(stream) = &self {
            stream.set_nodelay(true)?;
        }
        let (source, sink) = (self.try_clone()?, self.try_clone()?);
        let close = Arc::new(move || self.shut_down());
        Ok(Wire { source: Box::new(io::BufReader::new(source)), sink: Box::new(sink), close })
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(buffer),
            Self::Tcp(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
        }
    }
}

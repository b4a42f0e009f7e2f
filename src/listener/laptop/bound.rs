//! Where a listener waits: a private Unix socket, or a port of the loopback interface.

use crate::listener::wire::{Address, Stream};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// A place where senders can connect. A Unix socket's file is removed when it is dropped.
#[derive(Debug)]
pub struct Bound {
    socket: Socket,
    address: Address,
}

#[derive(Debug)]
enum Socket {
    /// With the device and number of its file, so that nobody else's is removed.
    Unix(UnixListener, (u64, u64)),
    Tcp(TcpListener),
}

impl Bound {
    /// Waits at a Unix socket that only this account can open. Folders that lack are made, for this account alone; a
    /// socket at which nobody waits any more is replaced.
    ///
    /// # Errors
    /// Somebody waits there already ([`io::ErrorKind::AddrInUse`]), something else lies there, or the system says no.
    pub fn unix(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        clear_the_way(&path)?;
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let file = identity(&path)?;
        Ok(Self { socket: Socket::Unix(listener, file), address: Address::Unix(path) })
    }

    /// Waits at a port of the loopback interface; 0 takes any that is free.
    ///
    /// # Errors
    /// The port is taken, or the system says no.
    pub fn tcp(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = Address::Tcp(listener.local_addr()?.port());
        Ok(Self { socket: Socket::Tcp(listener), address })
    }

    /// Where it can be reached.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next that connects. Other accounts are refused where the system says who it is.
    pub(super) fn accept(&self) -> io::Result<Stream> {
        match &self.socket {
            Socket::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                admit(&stream)?;
                Ok(Stream::Unix(stream))
            }
            Socket::Tcp(listener) => Ok(Stream::Tcp(listener.accept()?.0)),
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let (Socket::Unix(_, file), Address::Unix(path)) = (&self.socket, &self.address)
            && identity(path).is_ok_and(|there| there == *file)
        {
            // What cannot be removed is replaced by whoever waits there next.
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes a socket that nobody waits at.
fn clear_the_way(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(about) if !about.file_type().is_socket() => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            Err(error) => Err(error),
        },
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|about| (about.dev(), about.ino()))
}

/// Whether it is this account that connects.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn admit(stream: &UnixStream) -> io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?.uid;
    if peer == rustix::process::getuid() {
        return Ok(());
    }
    let why = format!("another account (number {}) tried to connect", peer.as_raw());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// The socket's permissions say who may connect.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::unnecessary_wraps, reason = "other systems do tell")]
fn admit(_: &UnixStream) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_private_and_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/down/listener.sock");
        let bound = Bound::unix(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(bound.address(), &Address::Unix(path.clone()));
        let taken = Bound::unix(&path).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        drop(bound);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_of_somebody_who_died_is_replaced_and_anything_else_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Bound::unix(&path).unwrap());
        fs::write(&path, "a text").unwrap();
        assert_eq!(Bound::unix(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a text");
    }

    #[test]
    fn a_port_is_one_of_this_machine_alone() {
        let bound = Bound::tcp(0).unwrap();
        let Address::Tcp(port) = *bound.address() else { panic!("a path") };
        assert_ne!(port, 0);
        assert_eq!(bound.address().to_string(), format!("127.0.0.1:{port}"));
        bound.address().connect().unwrap();
        assert!(bound.accept().is_ok());
    }
}

//! A real `sshd` on loopback as "the server", with a home of its own, and a gate before it that can be shut.
//!
//! Needs `home.rs` beside it as `crate::home`, and OpenSSH's server, which `make test` installs.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]

use crate::home::Home;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the server may take to answer on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server with one account: whoever runs the tests. Dropping it ends it and all connections.
pub(crate) struct Sshd {
    folder: TempDir,
    server: Child,
    gate: Gate,
}

impl Sshd {
    /// A server whose sessions live in this home and find this crate's own program in their PATH.
    pub(crate) fn start(home: &Home) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_earmark"));
        let bin = program.parent().expect("a program lies in a folder");
        Self::with(home, Some(bin), "")
    }

    /// A server with this folder of programs, if any, and more lines for its configuration.
    pub(crate) fn with(home: &Home, programs: Option<&Path>, more: &str) -> Self {
        let folder = TempDir::with_prefix("earmark-sshd-").expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["host", "id"] {
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f"], at(name));
        }
        fs::copy(at("id.pub"), at("authorized_keys")).expect("a key to let in");
        // Without it a server that runs as root does not start; where it runs as somebody else it is not needed.
        let _ = fs::create_dir_all("/run/sshd");
        let begun = Instant::now();
        let (server, port) = loop {
            let port = free_port();
            let config = configuration(folder.path(), port, home, programs, more);
            fs::write(at("sshd_config"), config).expect("a configuration");
            let log = fs::File::create(at("log")).expect("a log");
            let mut server = Command::new(sshd())
                .args(["-D", "-e", "-f"])
                .arg(at("sshd_config"))
                .stderr(log)
                .stdin(Stdio::null())
                .spawn()
                .expect("sshd is installed");
            if answers(&mut server, port, begun + LIMIT) {
                break (server, port);
            }
            let log = fs::read_to_string(at("log")).unwrap_or_default();
            assert!(begun.elapsed() < LIMIT, "sshd does not start: {log}");
        };
        let gate = Gate::before(port);
        let key = fs::read_to_string(at("host.pub")).expect("the server's key");
        let known = format!("[127.0.0.1]:{} {key}", gate.port);
        fs::write(at("known_hosts"), known).expect("a list of servers");
        Self { folder, server, gate }
    }

    /// Options for `ssh` that lead here and nowhere else, whatever the account's own configuration says.
    pub(crate) fn options(&self) -> Vec<OsString> {
        let file = |name: &str| self.folder.path().join(name).into_os_string();
        let mut known = OsString::from("UserKnownHostsFile=");
        known.push(file("known_hosts"));
        let mut options: Vec<OsString> = ["-F", "none", "-i"].map(Into::into).into();
        options.push(file("id"));
        options.extend(["-o", "IdentitiesOnly=yes", "-o"].map(Into::into));
        options.push(known);
        options.extend(["-p".into(), self.gate.port.to_string().into()]);
        options
    }

    /// Whom to connect to.
    #[expect(clippy::unused_self, reason = "it is this server's")]
    pub(crate) fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// Ends all connections at once, as a network does that changes. New ones are let through.
    pub(crate) fn cut(&self) {
        self.gate.cut();
    }

    /// Lets nothing through any more on the connections there are, and does not end them either: as a network does that
    /// is gone. New ones are let through.
    pub(crate) fn swallow(&self) {
        self.gate.swallowed.store(self.gate.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// What the server says of itself.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.gate.cut();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where connections pass.
struct Gate {
    port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
    /// Connections so far.
    count: Arc<AtomicU64>,
    /// Of which so many, the oldest, carry nothing any more.
    swallowed: Arc<AtomicU64>,
}

impl Gate {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let open = Arc::<Mutex<Vec<TcpStream>>>::default();
        let passing = Arc::clone(&open);
        let (count, swallowed) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (counting, gone) = (Arc::clone(&count), Arc::clone(&swallowed));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let clones = || -> io::Result<_> { Ok((near.try_clone()?, far.try_clone()?)) };
                let (Ok(kept), Ok((from, to))) = (clones(), clones()) else { continue };
                passing.lock().expect("no other panicked").extend([kept.0, kept.1]);
                let own = counting.fetch_add(1, Ordering::SeqCst) + 1;
                for (from, to) in [(near, to), (far, from)] {
                    let gone = Arc::clone(&gone);
                    thread::spawn(move || carry(from, to, || gone.load(Ordering::SeqCst) >= own));
                }
            }
        });
        Self { port, open, count, swallowed }
    }

    fn cut(&self) {
        for stream in self.open.lock().expect("no other panicked").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_gone: impl Fn() -> bool) {
    let mut buffer = vec![0; 32 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if is_gone() {
            continue;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

fn configuration(
    folder: &Path,
    port: u16,
    home: &Home,
    programs: Option<&Path>,
    more: &str,
) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut path = OsString::new();
    for folder in programs.into_iter().chain(["/usr/bin", "/bin"].map(Path::new)) {
        path.push(if path.is_empty() { "" } else { ":" });
        path.push(folder);
    }
    let mut sets = format!("\"PATH={}\"", path.display());
    for (name, value) in home.environment() {
        // Sound and person are what is tested; the terminal is the client's.
        if !["PATH", "TERM", "COLORTERM", "EARMARK_USER", "EARMARK_PLAYBACK_OUTPUT"].contains(&name)
        {
            let _ = write!(sets, " \"{name}={}\"", value.display());
        }
    }
    // The first word on a subject counts, and there is one line of variables.
    let (more_sets, more): (Vec<&str>, Vec<&str>) =
        more.lines().partition(|line| line.starts_with("SetEnv "));
    for line in more_sets {
        sets.push_str(line.trim_start_matches("SetEnv"));
    }
    let more = more.join("\n");
    format!(
        "{more}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile {}\nAuthorizedKeysFile {}\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\n\
         PermitRootLogin prohibit-password\nAcceptEnv LANG LC_*\nPrintMotd no\nSetEnv {sets}\n",
        at("host"),
        at("pid"),
        at("authorized_keys"),
    )
}

/// It insists on being called by its full path.
fn sshd() -> PathBuf {
    let places = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].map(PathBuf::from);
    places.into_iter().find(|path| path.exists()).expect("sshd is installed")
}

fn run(program: &str, args: &[&str], last: impl AsRef<OsStr>) {
    let status = Command::new(program).args(args).arg(last).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{program}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Waits for its greeting; false if it ended instead.
fn answers(server: &mut Child, port: u16, until: Instant) -> bool {
    while Instant::now() < until {
        if !matches!(server.try_wait(), Ok(None)) {
            return false;
        }
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            let mut greeting = [0; 4];
            if stream.read_exact(&mut greeting).is_ok() && &greeting == b"SSH-" {
                return true;
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = server.kill();
    false
}

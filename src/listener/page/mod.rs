//! The player page: a listener in a browser, for laptops with nothing installed.
//!
//! A small web server on the loopback interface gives out one page and speaks the listener protocol with it by
//! WebSocket. It has a runtime of its own, on a thread of its own.

mod bridge;
mod browser;
mod door;
mod gate;
mod site;

use super::wire::{Welcome, Wire};
use door::Door;
use gate::Gate;
use site::Site;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// What a page is served with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The port on 127.0.0.1; any free one if not given.
    pub port: Option<u16>,
    /// This machine's name, for whoever looks at the page.
    pub host: String,
}

/// A page that came in and was clicked.
pub struct Visitor {
    /// The connection to it, once both sides agreed on a version.
    pub wire: Wire,
    /// What the page says of itself.
    pub welcome: Welcome,
    /// The browser and its version, as in `Firefox 140`. Safe to be shown.
    pub browser: String,
}

/// Takes visitors, each on a thread that may wait.
pub type OnVisitor = Box<dyn Fn(Visitor) + Send + Sync>;

/// Why a page is not served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The port cannot be had.
    #[error("cannot listen on port {port} of 127.0.0.1")]
    Port {
        /// Which one; 0 is any.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread, or no way to wait for sockets.
    #[error("cannot start the server of the player page")]
    Start(#[source] io::Error),
}

impl PageError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Port { port: 0, .. } | Self::Start(_) => None,
            Self::Port { .. } => {
                Some("name another port, or none: a free one is taken then".into())
            }
        }
    }
}

/// A player page that is being served. Dropping it ends the server and every connection.
#[derive(Debug)]
pub struct Page {
    gate: Arc<Gate>,
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Page {
    /// Serves a page. `on_visitor` gets each connection that a browser opens, after the first click there.
    ///
    /// # Errors
    /// The port cannot be had, or the system gives no thread.
    pub fn serve(settings: Settings, on_visitor: OnVisitor) -> Result<Self, PageError> {
        let asked = settings.port.unwrap_or(0);
        let at_port = |source| PageError::Port { port: asked, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, asked)).map_err(at_port)?;
        listener.set_nonblocking(true).map_err(at_port)?;
        let port = listener.local_addr().map_err(at_port)?.port();

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(PageError::Start)?;
        let door = {
            let _inside = runtime.enter();
            Door::new(listener).map_err(PageError::Start)?
        };
        let gate = Arc::new(Gate::new(port));
        let site = Site::new(gate.clone(), settings.host, on_visitor);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("player-page".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = site.serve(door) => {}
                }
            });
            // Whoever was handed a visitor may still be busy with it.
            runtime.shutdown_background();
        });
        let thread = Some(thread.map_err(PageError::Start)?);
        Ok(Self { gate, port, stop: Some(stop), thread })
    }

    /// The port that it is served on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The link that opens the page, once. After that the browser that came keeps its access, and another one needs a
    /// new link.
    pub fn link(&self) -> String {
        self.link_with(&self.gate.token())
    }

    /// A new link, also good for once; the former one is void from here on.
    pub fn renew(&self) -> String {
        self.link_with(&self.gate.renew())
    }

    /// The line that leads from a laptop to this machine, to be typed there.
    pub fn tunnel(&self, user: &str, host: &str) -> String {
        let port = self.port;
        let to = if user.is_empty() { host.to_owned() } else { format!("{user}@{host}") };
        format!("ssh -N -L {port}:127.0.0.1:{port} {}", quoted(&to))
    }

    fn link_with(&self, token: &str) -> String {
        format!("http://127.0.0.1:{}/?token={token}", self.port)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

/// A word of a command line, as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "@%+:.,_-".contains(char);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    let word: String = word.chars().filter(|char| !char.is_control()).collect();
    // What begins with a dash would be taken for an option.
    let end = if word.starts_with('-') { "-- " } else { "" };
    format!("{end}'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_in_a_line_to_be_typed_is_one_word_to_the_shell() {
        assert_eq!(quoted("ann@gpu-3.example.org"), "ann@gpu-3.example.org");
        assert_eq!(quoted("a b@host"), "'a b@host'");
        assert_eq!(quoted("x'; rm -rf ~ #"), r"'x'\''; rm -rf ~ #'");
        assert_eq!(quoted("-oProxyCommand=x"), "-- '-oProxyCommand=x'");
        assert_eq!(quoted("a\nb\u{1b}"), "'ab'");
    }
}

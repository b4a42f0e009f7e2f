//! A laptop and a server with a real `sshd`, each with a home of its own.

use crate::home::Home;
use crate::pty::Launch;
use crate::pulse::{Pulse, until};
use crate::sshd::Sshd;
use earmark::listener::meet::{Note, Notes};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) struct World {
    pub(crate) laptop: Home,
    pub(crate) server: Home,
    pub(crate) sshd: Sshd,
}

impl World {
    pub(crate) fn new() -> Self {
        let (laptop, server) = (Home::new(), Home::new());
        let sshd = Sshd::start(&server);
        Self { laptop, server, sshd }
    }

    /// With these words in the server's configuration.
    pub(crate) fn with(more: &str) -> Self {
        let (laptop, server) = (Home::new(), Home::new());
        let program = Path::new(env!("CARGO_BIN_EXE_earmark")).parent();
        let sshd = Sshd::with(&server, program, more);
        Self { laptop, server, sshd }
    }

    /// With this script for an earmark on the server, or with none.
    pub(crate) fn with_earmark(script: Option<&str>) -> Self {
        let (laptop, server) = (Home::new(), Home::new());
        let bin = server.join("bin");
        fs::create_dir(&bin).unwrap();
        if let Some(script) = script {
            fs::write(bin.join("earmark"), script).unwrap();
            fs::set_permissions(bin.join("earmark"), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let sshd = Sshd::with(&server, Some(&bin), "");
        Self { laptop, server, sshd }
    }

    /// `earmark connect` on a terminal of the laptop.
    pub(crate) fn connect(&self, args: &[&str]) -> Launch {
        self.connect_from(&self.laptop, args)
    }

    /// `earmark connect` on a terminal of another laptop.
    pub(crate) fn connect_from(&self, laptop: &Home, args: &[&str]) -> Launch {
        Launch::earmark(laptop)
            .args(["connect", self.sshd.host()])
            .args(args)
            .arg("--")
            .args(self.sshd.options())
    }

    /// Plain `ssh` on a terminal of the laptop.
    pub(crate) fn ssh(&self, args: &[&str]) -> Launch {
        Launch::program("ssh", &self.laptop).args(self.sshd.options()).args(args)
    }

    /// The same where nobody looks.
    pub(crate) fn connect_blind(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.laptop.environment());
        command.args(["connect", self.sshd.host()]).args(args).arg("--").args(self.sshd.options());
        command.output().unwrap()
    }

    pub(crate) fn notes(&self) -> Notes {
        Notes::below(&self.server.join("run/earmark"))
    }

    /// The one note there is, once it is there.
    pub(crate) fn note(&self) -> Note {
        until("a note on the server", || self.notes().read().len() == 1);
        self.notes().read().remove(0)
    }

    pub(crate) fn wait_until_forgotten(&self) {
        until("nothing is left on the server", || {
            fs::read_dir(self.notes().folder()).is_ok_and(|entries| entries.count() == 0)
        });
    }
}

/// With the sound of this machine's own server, which the home knows nothing of.
pub(crate) fn heard_through(pulse: &Pulse, launch: Launch) -> Launch {
    let launch = launch.without_env("EARMARK_PLAYBACK_OUTPUT");
    pulse.env().into_iter().fold(launch, |launch, (name, value)| match name {
        "HOME" => launch.env("PULSE_COOKIE", format!("{value}/.config/pulse/cookie")),
        name => launch.env(name, value),
    })
}

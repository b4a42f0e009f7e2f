//! Which output to open, decided from the environment and the settings alone. Nothing is probed here.

/// Brings sound to a session that runs already, typed on the machine where somebody sits.
pub(super) const ATTACH: &str = "earmark connect --attach USER@HOST";

/// Which output the engine opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputChoice {
    /// `PulseAudio` where it answers, else this machine's default device.
    Auto,
    /// `PulseAudio` at another machine, by what `PULSE_SERVER` says: a local device is no substitute.
    Pulse(String),
    /// A device of this machine: the one whose name contains this, or the default one.
    Device(Option<String>),
    /// No sound; the transport runs on the clock.
    Silent {
        /// Why there is no sound.
        why: String,
        /// What to do about it.
        hint: String,
    },
}

/// Chooses from the setting `playback.output` (`auto`, `device` or `silent`; `device` is the setting
/// `playback.device`, empty for the default one) and from the environment.
///
/// Over SSH the machine that runs the program is not the one that is listened to: there no device is touched unless
/// the setting asks for it, and `PulseAudio` only where `PULSE_SERVER` leads somewhere.
pub fn choose(env: &dyn Fn(&str) -> Option<String>, wanted: &str, device: &str) -> OutputChoice {
    match wanted {
        "silent" => OutputChoice::Silent {
            why: "sound is turned off in the settings".to_owned(),
            hint: "set playback.output to \"auto\"".to_owned(),
        },
        "device" => OutputChoice::Device((!device.is_empty()).then(|| device.to_owned())),
        _ if !is_over_ssh(env) => OutputChoice::Auto,
        _ => match said(env, "PULSE_SERVER") {
            Some(server) => OutputChoice::Pulse(server),
            None => OutputChoice::Silent {
                why: "SSH session without a listener".to_owned(),
                hint: format!("on your laptop: {ATTACH}"),
            },
        },
    }
}

/// How to get sound where there is none, at length; `None` where silence is what the settings ask for.
pub fn remedy(env: &dyn Fn(&str) -> Option<String>, wanted: &str) -> Option<String> {
    if wanted == "silent" {
        return None;
    }
    let here = if wanted == "device" {
        ""
    } else {
        "; to play on a device of this machine, set playback.output to \"device\""
    };
    let steps = match (is_over_ssh(env), said(env, "PULSE_SERVER").is_some()) {
        (true, false) => format!(
            "on your laptop: earmark connect USER@HOST, or beside a session that runs already: {ATTACH}; where \
             earmark is not installed, its browser does with `earmark --player-page` here; or forward PulseAudio: \
             ssh -R /tmp/pulse.sock:$XDG_RUNTIME_DIR/pulse/native HOST, and there \
             export PULSE_SERVER=unix:/tmp/pulse.sock{here}"
        ),
        (true, true) => format!(
            "on your laptop: {ATTACH}; or look whether `pactl info` answers here: if not, connect again with \
             ssh -R, or correct PULSE_SERVER{here}"
        ),
        (false, true) => {
            format!("look whether `pactl info` answers: if not, correct PULSE_SERVER{here}")
        }
        (false, false) => "plug in a device or start PulseAudio or PipeWire; or set PULSE_SERVER to the socket of a \
                           machine that has one, as in PULSE_SERVER=unix:/tmp/pulse.sock"
            .to_owned(),
    };
    Some(steps)
}

fn said(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

/// Whether the program runs at the other end of an SSH session.
pub fn is_over_ssh(env: &dyn Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| said(env, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(env: &[(&str, &str)], wanted: &str, device: &str) -> OutputChoice {
        let look_up = |name: &str| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        choose(&look_up, wanted, device)
    }

    #[test]
    fn at_the_desk_the_machine_itself_sounds() {
        assert_eq!(chosen(&[], "auto", ""), OutputChoice::Auto);
        assert_eq!(chosen(&[("SSH_CONNECTION", "")], "auto", ""), OutputChoice::Auto);
    }

    #[test]
    fn over_ssh_no_device_is_touched_unless_asked() {
        let ssh = ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
        assert!(matches!(chosen(&[ssh], "auto", ""), OutputChoice::Silent { .. }));
        let pulse = ("PULSE_SERVER", "unix:/tmp/pulse.sock");
        assert_eq!(chosen(&[ssh, pulse], "auto", ""), OutputChoice::Pulse(pulse.1.to_owned()));
        assert_eq!(chosen(&[ssh], "device", ""), OutputChoice::Device(None));
        assert_eq!(chosen(&[ssh], "device", "USB"), OutputChoice::Device(Some("USB".to_owned())));
    }

    #[test]
    fn over_ssh_it_is_said_what_works() {
        let ssh = |name: &str| (name == "SSH_TTY").then(|| "/dev/pts/1".to_owned());
        let OutputChoice::Silent { hint, .. } = choose(&ssh, "auto", "") else { panic!("sound") };
        assert_eq!(hint, "on your laptop: earmark connect --attach USER@HOST");
        let steps = remedy(&ssh, "auto").unwrap();
        for way in [
            "earmark connect USER@HOST",
            "earmark connect --attach",
            "--player-page",
            "ssh -R",
            "PULSE_SERVER=unix:",
            "playback.output to \"device\"",
        ] {
            assert!(steps.contains(way), "{way}: {steps}");
        }
        assert!(remedy(&|_| None, "auto").unwrap().contains("plug in"));
        assert_eq!(remedy(&ssh, "silent"), None);
    }

    #[test]
    fn silence_is_a_choice_that_says_how_to_end_it() {
        let OutputChoice::Silent { hint, .. } = chosen(&[], "silent", "") else { panic!("sound") };
        assert!(hint.contains("playback.output"));
    }
}

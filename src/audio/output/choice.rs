//! Which output to open, decided from the environment and the settings alone. Nothing is probed here.

/// Which output the engine opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputChoice {
    /// `PulseAudio` where it answers, else this machine's default device.
    Auto,
    /// `PulseAudio` alone: it may lead to another machine, so a local device is no substitute.
    Pulse,
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
    let pulse = is_set(env, "PULSE_SERVER");
    match wanted {
        "silent" => OutputChoice::Silent {
            why: "sound is turned off in the settings".to_owned(),
            hint: "set playback.output to \"auto\"".to_owned(),
        },
        "device" => OutputChoice::Device((!device.is_empty()).then(|| device.to_owned())),
        _ if is_over_ssh(env) && pulse => OutputChoice::Pulse,
        _ if is_over_ssh(env) => OutputChoice::Silent {
            why: "SSH session, no way to your ears yet".to_owned(),
            hint: "set PULSE_SERVER, or playback.output to \"device\" to play over there; earmark doctor says more"
                .to_owned(),
        },
        _ => OutputChoice::Auto,
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
    let steps = match (is_over_ssh(env), is_set(env, "PULSE_SERVER")) {
        (true, false) => format!(
            "to hear on your own machine, connect with ssh -R /tmp/pulse.sock:$XDG_RUNTIME_DIR/pulse/native HOST and \
             there export PULSE_SERVER=unix:/tmp/pulse.sock{here}"
        ),
        (true, true) => format!(
            "look whether `pactl info` answers here: if not, connect again with ssh -R, or correct PULSE_SERVER{here}"
        ),
        (false, true) => {
            format!("look whether `pactl info` answers: if not, correct PULSE_SERVER{here}")
        }
        (false, false) => "plug in a device or start PulseAudio or PipeWire; or set PULSE_SERVER to a machine that has \
                           one, as in PULSE_SERVER=tcp:192.0.2.7"
            .to_owned(),
    };
    Some(steps)
}

fn is_set(env: &dyn Fn(&str) -> Option<String>, name: &str) -> bool {
    env(name).is_some_and(|value| !value.is_empty())
}

/// Whether the program runs at the other end of an SSH session.
fn is_over_ssh(env: &dyn Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| is_set(env, name))
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
        assert_eq!(chosen(&[ssh, pulse], "auto", ""), OutputChoice::Pulse);
        assert_eq!(chosen(&[ssh], "device", ""), OutputChoice::Device(None));
        assert_eq!(chosen(&[ssh], "device", "USB"), OutputChoice::Device(Some("USB".to_owned())));
    }

    #[test]
    fn over_ssh_it_is_said_what_works() {
        let ssh = |name: &str| (name == "SSH_TTY").then(|| "/dev/pts/1".to_owned());
        let OutputChoice::Silent { hint, .. } = choose(&ssh, "auto", "") else { panic!("sound") };
        let steps = remedy(&ssh, "auto").unwrap();
        for way in ["PULSE_SERVER", "playback.output to \"device\""] {
            assert!(hint.contains(way) && steps.contains(way), "{hint} / {steps}");
        }
        assert!(steps.contains("ssh -R"));
        assert!(remedy(&|_| None, "auto").unwrap().contains("plug in"));
        assert_eq!(remedy(&ssh, "silent"), None);
    }

    #[test]
    fn silence_is_a_choice_that_says_how_to_end_it() {
        let OutputChoice::Silent { hint, .. } = chosen(&[], "silent", "") else { panic!("sound") };
        assert!(hint.contains("playback.output"));
    }
}

//! The same by hand: lines for a shell here, for those who want an alias of their own.

use super::helper::Request;
use super::line::{self, quoted};
use super::rounds::{Plan, Start};
use crate::listener::meet::Note;
use crate::listener::wire::{Address, Token};

/// What the shell here finds out when the lines run, and how it calls it.
const NAME: (&str, &str) = ("@name@", "$n");
const TOKEN: (&str, &str) = ("@token@", "$t");
const SOCKET: (&str, &str) = ("@socket@", "$s");

/// Lines for a POSIX shell that do once what [`super::follow`] does; token and socket of the plan are not used.
pub fn script(plan: &Plan) -> Vec<String> {
    let host = quoted(plan.ssh.host());
    let through = "ssh -S \"$d/ssh\"";
    let helper = format!("{through} -- {host} {}", quoted(&line::helper(&plan.earmark)));
    let prepare = json(&Request::Prepare { person: None });
    let mut lines = vec![
        "d=$(mktemp -d /tmp/earmark-XXXXXX)".to_owned(),
        "t=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \\n')".to_owned(),
        "EARMARK_LISTENER_TOKEN=$t earmark listen --quiet --socket \"$d/listener\" >/dev/null & l=$!".to_owned(),
        format!(
            "ssh -fNM -S \"$d/ssh\" -o ControlPersist=no -o ServerAliveInterval=5{} -- {host}",
            plan.ssh.typed_options()
        ),
        format!(
            "s=$(echo {prepare} | {helper} | sed -n 's/.*\"socket\":\"\\([^\"]*\\)\".*/\\1/p'); n=$(basename \"$s\" .sock)"
        ),
        format!("{through} -O forward -R \"$s:$d/listener\" -- {host}"),
        format!("echo {} | {helper} >/dev/null", json(&note(plan))),
    ];
    lines.push(match session(plan) {
        Some(line) => format!("{through} -t -- {host} {}", filled(&quoted(&line))),
        None => "echo 'Enter ends it'; read -r _".to_owned(),
    });
    lines.push(format!(
        "{through} -- {host} \"rm -f $s ${{s%.sock}}.json\"; {through} -O exit -- {host}"
    ));
    lines.push("kill $l; rm -rf \"$d\"".to_owned());
    lines
}

/// As one word for the shell.
fn json(request: &Request) -> String {
    filled(&quoted(&serde_json::to_string(request).unwrap_or_default()))
}

fn note(plan: &Plan) -> Request {
    let note = Note {
        name: NAME.0.to_owned(),
        token: Token::from_text(TOKEN.0),
        address: Address::Unix(SOCKET.0.into()),
        person: plan.person.clone().unwrap_or_default(),
        explicit: plan.person.is_some(),
        laptop: plan.laptop.clone(),
        login: plan.login.clone(),
        made: 0,
        session: matches!(plan.start, Start::Earmark { .. }),
    };
    Request::Note { note, stays: true }
}

fn session(plan: &Plan) -> Option<String> {
    plan.start.line(&plan.earmark, Some(NAME.0), plan.person.as_deref())
}

/// Inside single quotes, with the shell's own variables where they belong; what they hold needs no quotes.
fn filled(word: &str) -> String {
    [NAME, TOKEN, SOCKET]
        .iter()
        .fold(word.to_owned(), |word, (hole, name)| word.replace(hole, &format!("'\"{name}\"'")))
}

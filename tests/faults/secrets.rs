//! What is secret stays where it is: after a life with a bucket, no file, no output and no process shows the keys, and
//! nobody else may read what was written, whatever the account's umask.

use crate::bucket::{ACCESS_KEY, Fault, Manners, Op, REGION, SECRET_KEY, Server, When};
use crate::home::Home;
use crate::pty::{Launch, Screen};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What must not be found anywhere.
const SESSION: &str = "markedsessiontoken0815";
const IN_URL: &str = "markedpasswordinurl";
const IN_FILE: &str = "markedsecretinafile";
const SECRETS: [&str; 4] = [SECRET_KEY, SESSION, IN_URL, IN_FILE];

/// A person with keys for the bucket, whose files anybody may read unless somebody takes care.
struct Careless<'s> {
    server: &'s Server,
    home: Home,
    said: Vec<u8>,
}

impl<'s> Careless<'s> {
    fn new(server: &'s Server) -> Self {
        let home = Home::new();
        let profile =
            format!("[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = {IN_FILE}\n");
        fs::create_dir(home.join(".aws")).unwrap();
        fs::write(home.join(".aws/credentials"), profile).unwrap();
        Self { server, home, said: Vec::new() }
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut all = self.home.environment();
        all.extend([
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
            ("AWS_SESSION_TOKEN", SESSION.into()),
            ("AWS_REGION", REGION.into()),
            ("AWS_ENDPOINT_URL", self.server.endpoint().into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("EARMARK_STORAGE_TRIES", "1".into()),
            // All that anything in the program has to say.
            ("EARMARK_LOG", "trace".into()),
        ]);
        all
    }

    /// The arguments of a shell that lets others read, and becomes the program.
    fn arguments(args: &[&str]) -> Vec<String> {
        let program = env!("CARGO_BIN_EXE_earmark");
        let before = ["-c", "umask 000; ulimit -c unlimited; exec \"$@\"", "sh", program];
        before.iter().chain(args).map(|arg| (*arg).to_owned()).collect()
    }

    fn run(&mut self, args: &[&str]) -> Output {
        let mut command = Command::new("sh");
        command.args(Self::arguments(args)).env_clear().envs(self.environment());
        let output = command.current_dir(self.home.join("")).output().unwrap();
        self.said.extend_from_slice(&output.stdout);
        self.said.extend_from_slice(&output.stderr);
        output
    }

    #[track_caller]
    fn done(&mut self, args: &[&str]) {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    #[track_caller]
    fn failed(&mut self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn screen(&self, args: &[&str]) -> Screen {
        self.launch(args).start()
    }

    fn launch(&self, args: &[&str]) -> Launch {
        let launch = Launch::program("sh", &self.home).args(Self::arguments(args));
        self.environment().into_iter().fold(launch, |launch, (name, value)| launch.env(name, value))
    }
}

#[test]
fn no_key_is_written_said_or_handed_on() {
    let server = Server::start(Manners::plain());
    server.bucket("box");
    let mut person = Careless::new(&server);
    live(&mut person);

    let mut looked = 0;
    let skipped = person.home.join(".aws");
    for path in everything(&person.home.join("")) {
        if path.starts_with(&skipped) || !path.is_file() {
            continue;
        }
        shows_no_secret(&path.display().to_string(), &fs::read(&path).unwrap());
        looked += 1;
    }
    shows_no_secret("what was printed", &person.said);
    for key in server.bucket("box").keys() {
        shows_no_secret(&key, &server.bucket("box").get(&key).unwrap());
    }
    // What would be found is found, and the log says much; otherwise this shows nothing.
    let told =
        std::panic::catch_unwind(|| shows_no_secret("this", format!("x{SESSION}").as_bytes()));
    assert!(told.is_err());
    let log = fs::read(person.home.join("state/earmark/earmark.log")).unwrap();
    assert!(log.len() > 10_000 && looked > 10, "{} bytes, {looked} files", log.len());
    assert!(server.requests().len() > 50);

    let own = ["data", "state", "cache", "run"].map(|name| person.home.join(name).join("earmark"));
    let mut checked = 0;
    for path in own.iter().filter(|path| path.exists()).flat_map(|path| everything(path)) {
        let about = fs::symlink_metadata(&path).unwrap();
        let others = about.mode() & 0o077;
        assert_eq!(others, 0, "{}: {:o}", path.display(), about.mode());
        let socket = about.file_type().is_socket();
        assert!(socket || about.is_dir() || about.mode() & 0o777 == 0o600, "{}", path.display());
        checked += 1;
    }
    assert!(checked > 8, "{checked}");
}

/// All that can be done with a dataset in a bucket, and much that goes wrong.
fn live(person: &mut Careless<'_>) {
    let calls = person.home.recordings("recordings", 3);
    let mut names: Vec<String> = (fs::read_dir(&calls).unwrap().flatten())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let (source, output) = ("s3://box/calls/", "s3://box/labels/");
    person.done(&["init", source, "--output", output]);
    person.done(&["add", "calls", "recordings"]);
    person.done(&["sync", "calls", "--json"]);
    person.done(&["label", "calls", &names[0], "--content", "from ann"]);
    person.done(&["publish", "calls"]);
    for args in [
        &["status", "calls", "--json"][..],
        &["list", "calls", "--json"],
        &["versions", "calls", "--json"],
        &["history", "calls", &names[0]],
        &["export", "calls", "--format", "modelarts", "--to", "out.manifest"],
        &["backup", "calls"],
        &["config"],
        &["undo", "calls"],
    ] {
        person.done(args);
    }
    person.run(&["doctor", "calls", "--json", "--no-tone"]);
    person.run(&["doctor", "calls", "--no-tone"]);
    on_the_screen(person);
    #[cfg(feature = "crash-points")]
    panicking(person);
    going_wrong(person);
}

/// What a panic says goes to the log and the terminal, all frames of the stack with it.
#[cfg(feature = "crash-points")]
fn panicking(person: &Careless<'_>) {
    let screen = person
        .launch(&["s3://box/calls/"])
        .env("EARMARK_CRASH", "screen.loop.resized")
        .env("EARMARK_CRASH_PANIC", "1")
        .env("RUST_BACKTRACE", "full")
        .start();
    screen.wait_for_text("Labeled 1");
    screen.resize(90, 25);
    assert!(!screen.wait_for_end().success());
    let written = screen.written_since(0);
    let said = String::from_utf8_lossy(&written);
    assert!(said.contains("a panic that a test asked for"), "{said}");
    shows_no_secret("a panic's report", &written);
}

fn on_the_screen(person: &Careless<'_>) {
    let screen = person.screen(&["s3://box/calls/"]);
    screen.wait_for_text("Unlabeled 3");
    screen.type_keys("<enter>");
    screen.wait_for_text("00:00");
    screen.type_keys("hello<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("<esc>S");
    // A sync of three files may be over before it is seen to begin.
    screen.wait_for("a sync", |view| view.contains("Synchroniz") || view.contains("nothing new"));
    let process = PathBuf::from(format!("/proc/{}", screen.pid()));
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    shows_no_secret("the command line", &fs::read(process.join("cmdline")).unwrap());
    screen.type_keys("<c-q>");
    screen.wait_for_end();
    shows_no_secret("the screen", &screen.written_since(0));
}

fn going_wrong(person: &mut Careless<'_>) {
    let url = person.server.endpoint().replace("//", &format!("//ann:{IN_URL}@"));
    let said = person.failed(&["init", "s3://box/more/", "--endpoint", &url]);
    assert!(said.contains("a name or a password"), "{said}");
    let said = person.failed(&["sync", "calls", "--endpoint", &url]);
    assert!(said.contains("a name or a password"), "{said}");
    person.failed(&["sync", "s3://box/else/", "--profile", "other"]);
    for fault in [Fault::Forbidden, Fault::Expired, Fault::Internal, Fault::DropDuring] {
        person.server.fault(When::any().always(), fault);
        person.failed(&["sync", "calls"]);
        person.failed(&["sync", "calls", "--json"]);
        person.server.mend();
    }
    person.server.fault(When::op(Op::PutObject).always(), Fault::Forbidden);
    person.failed(&["publish", "calls"]);
    person.server.mend();
}

#[track_caller]
fn shows_no_secret(what: &str, bytes: &[u8]) {
    for secret in SECRETS {
        let there = bytes.windows(secret.len()).position(|window| window == secret.as_bytes());
        if let Some(at) = there {
            let around = &bytes[at.saturating_sub(200)..(at + 60).min(bytes.len())];
            panic!("{what} shows {secret}: {}", String::from_utf8_lossy(around));
        }
    }
}

/// A folder and all below it.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while next < all.len() {
        if all[next].is_dir() && !all[next].is_symlink() {
            let entries = fs::read_dir(&all[next]).unwrap();
            all.extend(entries.map(|entry| entry.unwrap().path()));
        }
        next += 1;
    }
    all
}

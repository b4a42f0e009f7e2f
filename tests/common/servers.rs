//! Object stores that other people wrote, on loopback ports: `SeaweedFS`, which enforces rights and conditions, and moto,
//! which asks nobody for keys. One of each serves all tests of a run, whichever process they are in, and ends by itself
//! when nobody has used it for a few seconds (`keeper.py`). Each test makes buckets of its own.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, reason = "a test may stop where it stands")]

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to answer on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);
/// The region requests are signed for; both servers take any.
pub(crate) const REGION: &str = "eu-test-1";

/// An access key and its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
}

/// May do everything.
pub(crate) const ADMIN: Keys = Keys { id: "AKIDADMIN", secret: "adminsecretadminsecret" };
/// May list and read: `SeaweedFS` alone knows the difference.
pub(crate) const READER: Keys = Keys { id: "AKIDREADER", secret: "readersecretreadersecret" };

/// A running server; it is not ended before this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    endpoint: String,
    /// Locked with all others that use it.
    _in_use: File,
}

impl Server {
    /// The `SeaweedFS` of this run.
    pub(crate) fn seaweedfs() -> Self {
        Self::shared("seaweedfs", "/healthz", |folder, ports| {
            Self::weed(folder, &folder.join("data"), ports)
        })
    }

    /// Another one, whose data lie in this folder and stay there when it ends.
    pub(crate) fn kept(data: &Path) -> Self {
        Self::shared("seaweedfs-kept", "/healthz", |folder, ports| Self::weed(folder, data, ports))
    }

    /// The command of a `SeaweedFS` with its files in `folder` and its data in `data`.
    fn weed(folder: &Path, data: &Path, ports: &[u16]) -> Vec<OsString> {
        let config = folder.join("keys.json");
        fs::write(&config, seaweedfs_keys()).expect("a file of keys");
        let names = [
            "s3.port",
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "s3.port.grpc",
        ];
        let mut command: Vec<OsString> = vec![tool("weed").into()];
        command.extend(["-logtostderr", "server", "-ip=127.0.0.1", "-s3"].map(Into::into));
        command.extend(["-ip.bind=127.0.0.1"].map(Into::into));
        // These have fixed ports else, of which a machine has one.
        command.extend(["-s3.port.iceberg=0", "-s3.port.lance=0"].map(Into::into));
        // Each bucket takes a volume, whatever the disk has room for.
        command.extend(["-volume.max=5000", "-volume.index=leveldb"].map(Into::into));
        command.extend(["-master.volumeSizeLimitMB=512"].map(Into::into));
        command.extend(["-master.volumePreallocate=false"].map(Into::into));
        command.push(format!("-s3.config={}", config.display()).into());
        command.push(format!("-dir={}", data.display()).into());
        let ports = names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}"));
        command.extend(ports.map(Into::into));
        command
    }

    /// The moto of this run.
    pub(crate) fn moto() -> Self {
        Self::shared("moto", "/moto-api/data.json", |_, ports| {
            let port = ports[0].to_string();
            let server = tool("moto_server").into();
            vec![server, "-H".into(), "127.0.0.1".into(), "-p".into(), port.into()]
        })
    }

    #[allow(clippy::zombie_processes, reason = "the keeper outlives this process")]
    fn shared(
        name: &'static str,
        health: &str,
        command: impl FnOnce(&Path, &[u16]) -> Vec<OsString>,
    ) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("servers").join(name);
        fs::create_dir_all(folder.join("data")).expect("a folder for the server");
        let lock = |name: &str| {
            let options = File::options().create(true).append(true).open(folder.join(name));
            options.expect("a file to lock")
        };
        // One at a time; it opens again when this is dropped.
        let door = lock("door");
        door.lock().expect("the door's lock");
        let in_use = lock("users");
        in_use.lock_shared().expect("the users' lock");
        let noted = folder.join("endpoint");
        let endpoint = fs::read_to_string(&noted).unwrap_or_default();
        // Nobody holds the keeper's lock where no keeper is at work.
        let kept = || lock("keeper").try_lock().is_err();
        let begun = Instant::now();
        while !endpoint.is_empty() && kept() {
            // Many at once can keep it from answering for a while.
            if answers(&endpoint, health) {
                return Self { name, endpoint, _in_use: in_use };
            }
            assert!(begun.elapsed() < LIMIT, "{name} does not answer any more");
        }
        let ports = free_ports();
        let endpoint = format!("http://127.0.0.1:{}", ports[0]);
        let log = File::create(folder.join("log")).expect("a log for the server");
        let mut keeper = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/keeper.py"))
            .arg(&folder)
            .args(command(&folder, &ports))
            // Volumes that SeaweedFS makes at once where one is missing.
            .env("WEED_MASTER_VOLUME_GROWTH_COPY_1", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log for the server"))
            .stderr(log)
            // It outlives this test, and is not to be ended with it.
            .process_group(0)
            .spawn()
            .expect("python3 is installed");
        let begun = Instant::now();
        while !answers(&endpoint, health) {
            let ended = keeper.try_wait().expect("a child").is_some();
            assert!(
                !ended && begun.elapsed() < LIMIT,
                "{name} does not start, see {}; is it installed (scripts/servers.sh install)?",
                folder.join("log").display()
            );
            thread::sleep(Duration::from_millis(50));
        }
        fs::write(&noted, &endpoint).expect("a note of the endpoint");
        drop(door);
        Self { name, endpoint, _in_use: in_use }
    }

    /// Whether it is moto, whose answers to some calls no SDK can read.
    pub(crate) fn is_moto(&self) -> bool {
        self.name == "moto"
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What leads a program to it with these keys, and to no others of the machine.
    pub(crate) fn environment(&self, keys: Keys) -> Vec<(&'static str, OsString)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone().into()),
            ("AWS_ACCESS_KEY_ID", keys.id.into()),
            ("AWS_SECRET_ACCESS_KEY", keys.secret.into()),
            ("AWS_REGION", REGION.into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }

    /// Makes a bucket that no other test has, and says its name.
    pub(crate) fn bucket(&self) -> String {
        let name = format!("b-{}", uuid::Uuid::now_v7());
        self.ask(async |client| {
            client.create_bucket().bucket(&name).send().await.expect("a new bucket");
        });
        name
    }

    /// Asks it by the SDK itself, with the keys that may do everything.
    pub(crate) fn ask<T>(&self, asks: impl AsyncFnOnce(Client) -> T) -> T {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(ADMIN.id, ADMIN.secret, None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .force_path_style(true)
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(asks(Client::from_conf(config)))
    }
}

/// Set where a test runs with the environment that it needs.
const INSIDE: &str = "EARMARK_TEST_INSIDE";

/// A client in the test's own process finds its keys in the environment, which a process cannot change for itself here,
/// and which may hold somebody's real ones. So a test that begins with this is run again in a process with these keys.
macro_rules! with_keys {
    ($server:expr, $keys:expr) => {
        fn here() {}
        if $crate::servers::elsewhere(std::any::type_name_of_val(&here), &$server, $keys) {
            return;
        }
    };
}
pub(crate) use with_keys;

/// Runs the test that `inner` is a function in once more, in a process of its own; `false` if this is that process.
pub(crate) fn elsewhere(inner: &str, server: &Server, keys: Keys) -> bool {
    if env::var_os(INSIDE).is_some() {
        return false;
    }
    let test = inner.strip_suffix("::here").unwrap_or(inner);
    let test = test.split_once("::").map_or(test, |(_, test)| test);
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut itself = Command::new(env::current_exe().expect("the path of this program"));
    itself.args(["--exact", test, "--nocapture"]);
    for (name, _) in env::vars_os() {
        let lower = name.to_string_lossy().to_ascii_lowercase();
        if lower.starts_with("aws_") || lower.ends_with("_proxy") {
            itself.env_remove(name);
        }
    }
    let output = itself
        .env("RUST_BACKTRACE", "0")
        .env("HOME", home.path())
        .envs(server.environment(keys))
        .env(INSIDE, "1")
        .output()
        .expect("this program runs once more");
    let said = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{said}");
    true
}

/// A program of the servers' packages.
fn tool(name: &str) -> PathBuf {
    let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
    tools.join("servers/bin").join(name)
}

fn seaweedfs_keys() -> String {
    let identity = |name: &str, keys: Keys, actions: &[&str]| {
        serde_json::json!({
            "name": name,
            "credentials": [{ "accessKey": keys.id, "secretKey": keys.secret }],
            "actions": actions,
        })
    };
    let identities = [
        identity("admin", ADMIN, &["Admin", "Read", "Write", "List", "Tagging"]),
        identity("reader", READER, &["Read", "List"]),
    ];
    serde_json::json!({ "identities": identities }).to_string()
}

/// Ports that were free a moment ago.
fn free_ports() -> [u16; 8] {
    let sockets = [(); 8].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    sockets.map(|socket| socket.local_addr().expect("an address").port())
}

/// Whether a GET there is answered with 200.
fn answers(endpoint: &str, path: &str) -> bool {
    let Some(address) = endpoint.strip_prefix("http://") else { return false };
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

//! `doctor SOURCE` through the real program: what works, what does not, and nothing secret.

use crate::client::fill;
use crate::home::Home;
use crate::servers::{ADMIN, Keys, READER, Server};
use assert_cmd::Command;
use serde_json::Value;

/// What doctor says of an address with these keys, by the name of each check: its verdict and the rest.
fn doctor(server: &Server, keys: Keys, home: &Home, source: &str) -> Vec<(String, String, Value)> {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("earmark"))
        .env_clear()
        .envs(home.environment())
        .envs(server.environment(keys))
        .args(["doctor", source, "--json"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains(keys.secret), "{told}");
    let checks = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    checks.map(|check| (text(&check, "name"), text(&check, "verdict"), check)).collect()
}

fn verdict<'a>(checks: &'a [(String, String, Value)], name: &str) -> &'a str {
    let found = checks.iter().find(|(check, ..)| check == name);
    found.map_or("none", |(_, verdict, _)| verdict)
}

#[test]
fn a_bucket_is_looked_at_before_a_dataset_is_made_of_it() {
    let server = Server::seaweedfs();
    let (bucket, home) = (server.bucket(), Home::new());
    fill(&server, &bucket, vec![("calls/1.wav".into(), b"recording".into())]);
    let source = format!("s3://{bucket}/calls/");
    for keys in [ADMIN, READER] {
        let checks = doctor(&server, keys, &home, &source);
        for name in ["credentials", "endpoint", "clock", "style", "listing", "ranged read"] {
            assert_eq!(verdict(&checks, name), "ok", "{name}: {checks:?}");
        }
        assert_eq!(verdict(&checks, "workspace"), "fail", "there is none yet");
        assert_eq!(verdict(&checks, "put"), "none", "a source is not written to");
    }
    let wrong = Keys { id: ADMIN.id, secret: "notthesecretnotthesecret" };
    let checks = doctor(&server, wrong, &home, &source);
    assert_eq!(verdict(&checks, "credentials"), "ok", "they are there");
    let listing = checks.iter().find(|(name, ..)| name == "listing").unwrap();
    assert_eq!(listing.1, "fail");
    assert!(listing.2["next"].as_str().unwrap().contains("check the keys"), "{listing:?}");
}

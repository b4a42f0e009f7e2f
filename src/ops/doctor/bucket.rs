//! A bucket, tried call by call: each line passed or not, with the one thing to do. Nothing secret is in any of them.

use super::Check;
use crate::domain::{Addressing, Source, StoreKind};
use crate::objects::{Encryption, Examination, Options, Store, StoreError, Versioning};
use crate::ops::OpsError;
use crate::text::safe_line;

/// Where an output is written to for a moment.
const SCRATCH: &str = ".earmark/scratch/";
/// Seconds that clocks may differ before it is worth a word.
const WORD: u64 = 60;
/// Seconds that clocks may differ before stores refuse.
const REFUSED: u64 = 900;

/// Which of the two places of a dataset a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Of the audio: it is read.
    Source,
    /// Of the labels: it is written to.
    Output,
}

/// Tries everything. A folder has nothing of this to try.
pub(super) fn check(place: Place, source: &Source, options: &Options) -> Vec<Check> {
    if source.folder().is_some() {
        return Vec::new();
    }
    let store = match Store::open(source, options) {
        Ok(store) => store,
        Err(error) => return vec![fail(place.name("source", "output"), error)],
    };
    let scratch = (place == Place::Output).then_some(SCRATCH);
    let Some(found) = store.examine(scratch) else { return Vec::new() };
    let profile = options.connection.profile.as_deref();
    told(place, found, profile)
}

fn told(place: Place, found: Examination, profile: Option<&str>) -> Vec<Check> {
    let mut checks = Vec::new();
    let name = |source, output| place.name(source, output);
    let endpoint = endpoint(&found);
    match found.keys {
        Some(Ok((from, tail))) => {
            let detail = credentials(&from, &tail, profile);
            checks.push(Check::ok(name("credentials", "output credentials"), detail));
        }
        Some(Err(error)) => checks.push(fail(name("credentials", "output credentials"), error)),
        None => {}
    }
    checks.extend(endpoint.map(|told| Check::ok(name("endpoint", "output endpoint"), told)));
    checks.extend(found.ahead.map(|ahead| clock(name("clock", "output clock"), ahead)));
    checks.extend(found.addressing.map(|addressing| {
        let detail = match addressing {
            Addressing::Virtual => "the bucket's name in front of the host's",
            Addressing::Path => "the bucket's name in the path",
        };
        Check::ok(name("style", "output style"), detail)
    }));
    let mut tried =
        |name, outcome: Option<Result<(), StoreError>>, none: Option<&str>| match (outcome, none) {
            (Some(Ok(())), _) => checks.push(Check::ok(name, "works")),
            (Some(Err(error)), _) => checks.push(fail(name, error)),
            (None, Some(none)) => checks.push(Check::ok(name, none)),
            (None, None) => {}
        };
    let listed = matches!(found.list, Some(Ok(())));
    tried(name("listing", "output listing"), found.list, None);
    let none = listed.then_some("not tried: nothing with bytes in it is listed first");
    tried(name("ranged read", "output ranged read"), found.read, none);
    tried(name("put", "output put"), found.write, None);
    if let Some(outcome) = found.conditional_put {
        checks.push(conditional(name("conditional put", "output no overwrite"), outcome));
    }
    let mut tried = |name, outcome: Option<Result<(), StoreError>>| match outcome {
        Some(Ok(())) => checks.push(Check::ok(name, "works")),
        Some(Err(error)) => checks.push(fail(name, error)),
        None => {}
    };
    tried(name("delete", "output delete"), found.delete);
    if listed {
        checks.push(Check::ok(name("versioning", "output versioning"), kept(found.versioning)));
        let how = encrypted(&found.encryption);
        checks.push(Check::ok(name("encryption", "output encryption"), how));
    }
    checks
}

impl Place {
    fn name(self, source: &'static str, output: &'static str) -> &'static str {
        match self {
            Self::Source => source,
            Self::Output => output,
        }
    }
}

fn fail(name: &'static str, error: StoreError) -> Check {
    Check::fail(name, OpsError::from(error))
}

fn credentials(from: &str, tail: &str, profile: Option<&str>) -> String {
    let place = match (from, profile) {
        ("EnvironmentVariable", _) => "the environment".to_owned(),
        ("ProfileFile", Some(profile)) => format!("the profile {}", safe_line(profile)),
        ("ProfileFile", None) => "the AWS profile".to_owned(),
        ("WebIdentityToken", _) => "a web identity token".to_owned(),
        ("EcsContainer", _) => "the container".to_owned(),
        ("IMDSv2" | "Imds", _) => "the role of this machine".to_owned(),
        ("CredentialProcess", _) => "the command that the AWS profile names".to_owned(),
        (other, _) => safe_line(other).into_owned(),
    };
    let key = if tail.is_empty() {
        String::new()
    } else {
        format!(", the key that ends in {}", safe_line(tail))
    };
    format!("from {place}{key}")
}

fn endpoint(found: &Examination) -> Option<String> {
    let (endpoint, region) = (found.endpoint.as_deref()?, found.region.as_deref()?);
    let kind = match found.kind? {
        StoreKind::Aws => "Amazon S3",
        StoreKind::Obs => "OBS",
        StoreKind::Minio => "MinIO",
        StoreKind::Garage => "Garage",
        StoreKind::Ceph => "Ceph",
        StoreKind::R2 => "R2",
        StoreKind::Generic => "a store that speaks S3",
    };
    Some(format!("{}, region {}, spoken to as {kind}", safe_line(endpoint), safe_line(region)))
}

fn clock(name: &'static str, ahead: i64) -> Check {
    let message = format!("{REFUSED} seconds are too many");
    let error = StoreError::ClockSkew { ahead: Some(ahead), message };
    match ahead.unsigned_abs() {
        0..WORD => Check::ok(name, format!("{ahead:+} s from the store's")),
        WORD..REFUSED => {
            let detail = format!("the store's is {ahead:+} s from this machine's");
            Check::warn(name, detail, error.hint().unwrap_or_default())
        }
        _ => fail(name, error),
    }
}

fn conditional(name: &'static str, outcome: Result<bool, StoreError>) -> Check {
    match outcome {
        Ok(true) => Check::ok(name, "what is there can be kept from being overwritten"),
        Ok(false) => Check::warn(
            name,
            "the store overwrites although it is told not to",
            "let one machine publish at a time; labels are safe, their names are never used twice",
        ),
        Err(error) => fail(name, error),
    }
}

fn kept(versioning: Versioning) -> &'static str {
    match versioning {
        Versioning::Kept => "old versions of what is deleted or overwritten are kept",
        Versioning::Final => "off: what is deleted or overwritten is gone",
        Versioning::Unknown => "the store does not say",
    }
}

fn encrypted(encryption: &Encryption) -> String {
    match encryption {
        Encryption::By(how) => safe_line(how).into_owned(),
        Encryption::None => "none unless a request asks for it".to_owned(),
        Encryption::Unknown => "the store does not say".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn found() -> Examination {
        Examination {
            keys: Some(Ok(("EnvironmentVariable".into(), "MPLE".into()))),
            endpoint: Some("https://store".into()),
            region: Some("here".into()),
            kind: Some(StoreKind::Obs),
            addressing: Some(Addressing::Virtual),
            ahead: Some(2),
            list: Some(Ok(())),
            ..Examination::default()
        }
    }

    #[test]
    fn what_works_is_told_and_what_was_not_tried_is_not() {
        let checks = told(Place::Source, found(), None);
        assert!(checks.iter().all(|check| check.verdict == Verdict::Ok && check.next.is_none()));
        let names: Vec<_> = checks.iter().map(|check| check.name).collect();
        let all = "credentials endpoint clock style listing ranged read versioning encryption";
        assert_eq!(names.join(" "), all);
        assert_eq!(checks[0].detail, "from the environment, the key that ends in MPLE");
    }

    #[test]
    fn whatever_fails_names_a_next_step() {
        let denied = || {
            let what = "s3://b/x\u{1b}[2J".to_owned();
            Some(Err(StoreError::Denied { call: "PutObject", what }))
        };
        let found = Examination {
            ahead: Some(-4000),
            list: denied(),
            write: denied(),
            conditional_put: Some(Ok(false)),
            delete: denied(),
            ..found()
        };
        let checks = told(Place::Output, found, None);
        let wrong = checks.iter().filter(|check| check.verdict != Verdict::Ok);
        let wrong: Vec<_> = wrong.map(|check| (check.name, check.next.is_some())).collect();
        assert_eq!(
            wrong,
            [
                ("output clock", true),
                ("output listing", true),
                ("output put", true),
                ("output no overwrite", true),
                ("output delete", true),
            ]
        );
        assert!(checks.iter().all(|check| !check.detail.contains('\u{1b}')));
        let none = Examination {
            keys: Some(Err(StoreError::NoCredentials { why: "none".into() })),
            ..Examination::default()
        };
        let checks = told(Place::Source, none, None);
        assert_eq!((checks.len(), checks[0].verdict), (1, Verdict::Fail));
    }
}

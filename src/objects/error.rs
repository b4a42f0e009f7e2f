//! What can go wrong with a store, in words that say what failed on what.

use crate::domain::UserError;
use std::io;

/// A source, or one file of it, that could not be listed or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is there.
    #[error("the folder {path} does not exist")]
    NoSuchFolder {
        /// As given.
        path: String,
    },
    /// Something else is there.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// As given.
        path: String,
    },
    /// It is there, but closed to this account.
    #[error("cannot read the folder {path}")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// No keys to sign requests with.
    #[error("no credentials were found for the bucket ({why})")]
    NoCredentials {
        /// What the SDK says.
        why: String,
    },
    /// The store does not know the keys, or the secret is another.
    #[error("{endpoint} does not accept these keys ({code})")]
    WrongKeys {
        /// What the store says.
        code: String,
        /// Where that was.
        endpoint: String,
    },
    /// Temporary keys that have run out.
    #[error("the session's keys have expired")]
    KeysExpired,
    /// The clock of this machine and the store's differ too much.
    #[error("this machine's clock is {} the store's ({message})", ahead.map_or_else(|| "too far from".to_owned(), apart))]
    ClockSkew {
        /// Seconds that the store's clock is ahead of this machine's, where its answer says so.
        ahead: Option<i64>,
        /// What the store says.
        message: String,
    },
    /// Nobody said where the store is, and there is no usual place.
    #[error("where {bucket:?} is was not said")]
    NoEndpoint {
        /// The bucket.
        bucket: String,
    },
    /// It is no URL of a host.
    #[error("{endpoint:?} is not the address of a store")]
    BadEndpoint {
        /// As given, without name and password.
        endpoint: String,
    },
    /// The endpoint has a name or a password in it.
    #[error("the endpoint {endpoint:?} has a name or a password in front of it")]
    SecretInEndpoint {
        /// As given, without name and password.
        endpoint: String,
    },
    /// There is no such bucket.
    #[error("the bucket {bucket:?} does not exist")]
    NoSuchBucket {
        /// Its name.
        bucket: String,
    },
    /// It is elsewhere.
    #[error("the bucket {bucket:?} is in another region{}", right.as_ref().map_or_else(|| format!(" ({message})"), |right| format!(": {right}")))]
    WrongRegion {
        /// Its name.
        bucket: String,
        /// The right one, where the store says so.
        right: Option<String>,
        /// What the store says.
        message: String,
    },
    /// These keys may not do that.
    #[error("these keys may not {call} on {what}")]
    Denied {
        /// The call.
        call: &'static str,
        /// The address.
        what: String,
    },
    /// It wants the bucket in the host name.
    #[error("{endpoint} wants the bucket's name in front of the host's")]
    PathRefused {
        /// Where that was.
        endpoint: String,
    },
    /// It asked to slow down, again and again.
    #[error("{endpoint} is too busy")]
    Busy {
        /// Where that was.
        endpoint: String,
    },
    /// No answer: no network, no such host, a time-out, a connection that broke.
    #[error("{endpoint} cannot be reached ({why})")]
    Unreachable {
        /// Where that was.
        endpoint: String,
        /// What the system says.
        why: String,
    },
    /// A refusal that has no name here.
    #[error("{call} on {what} was refused: {status} {code} {message}")]
    Refused {
        /// The call.
        call: &'static str,
        /// The address.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What the store says.
        code: String,
        /// What the store says.
        message: String,
    },
    /// A file of certificates that cannot be used.
    #[error("cannot use the certificates in {file}: {why}")]
    Certificates {
        /// The file.
        file: String,
        /// In a few words.
        why: String,
    },
    /// The client itself cannot be made.
    #[error("cannot speak to the bucket ({why})")]
    Setup {
        /// In a few words.
        why: String,
    },
    /// An answer that makes no sense.
    #[error("the answer to {call} makes no sense: {why}")]
    Nonsense {
        /// The call.
        call: &'static str,
        /// In a few words.
        why: String,
    },
    /// Nothing is there.
    #[error("{key:?} does not exist")]
    NotFound {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
    },
    /// Something is there already, and stays.
    #[error("{key:?} exists already")]
    AlreadyThere {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
    },
    /// It is not the one that was listed.
    #[error("{key:?} changed in the source")]
    Changed {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
    },
    /// More bytes than it may have.
    #[error("{key:?} has more than {limit} bytes")]
    TooLarge {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
        /// Bytes.
        limit: u64,
    },
    /// Whoever asked said stop.
    #[error("stopped")]
    Stopped,
    /// A key with `..`, a link to elsewhere and the like.
    #[error("{key:?} leads outside the source")]
    Outside {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
    },
    /// One file.
    #[error("cannot read {key:?}")]
    File {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
        /// What the system says.
        source: io::Error,
    },
}

impl StoreError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchFolder { .. } => {
                Some("check the spelling, and that its drive is mounted".into())
            }
            Self::NotAFolder { .. } => Some(
                "give the folder that holds the recordings; `earmark play FILE` plays one file"
                    .into(),
            ),
            Self::Unreadable { .. } => Some("`ls -ld` shows who may read it".into()),
            Self::NoCredentials { why } if why.to_ascii_lowercase().contains("sso") => Some(
                "log in, then hand the keys over: eval \"$(aws configure export-credentials --format env)\""
                    .into(),
            ),
            Self::NoCredentials { .. } => Some(
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
                    .into(),
            ),
            Self::WrongKeys { .. } => Some(
                "check the keys, the profile (--profile) and that --endpoint is the right store"
                    .into(),
            ),
            Self::KeysExpired => {
                Some("log in again as you got them (SSO, an assumed role, a session token)".into())
            }
            Self::ClockSkew { .. } => Some(
                "set this machine's clock; `timedatectl` shows whether it is synchronized".into(),
            ),
            Self::NoEndpoint { .. } => Some(
                "add --endpoint https://obs.REGION.myhuaweicloud.com, that of the bucket's own region"
                    .into(),
            ),
            Self::BadEndpoint { .. } => Some("write it as https://HOST or https://HOST:PORT".into()),
            Self::SecretInEndpoint { .. } => Some(
                "leave them out; keys belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile".into(),
            ),
            Self::NoSuchBucket { .. } => {
                Some("check the name, and that --endpoint is the store that has it".into())
            }
            // The store says it: it is only repeated as a word to paste if it can be the name of a region.
            Self::WrongRegion { right: Some(right), .. } if is_region(right) => {
                Some(format!("add --region {right}"))
            }
            Self::WrongRegion { .. } => {
                Some("name the bucket's own region with --region, and its endpoint".into())
            }
            Self::Denied { call, .. } => {
                Some(format!("ask for the right to {call}; `earmark doctor SOURCE` tries them all"))
            }
            Self::PathRefused { .. } => Some("set storage.addressing = \"virtual\"".into()),
            Self::Busy { .. } => {
                Some("try again later, or with fewer requests at once (storage.requests)".into())
            }
            Self::Unreachable { why, .. } if why.contains("ertificate") => Some(
                "name the file of the authority that signed it with storage.ca_file or AWS_CA_BUNDLE"
                    .into(),
            ),
            Self::Unreachable { .. } => {
                Some("check the network, --endpoint, and HTTPS_PROXY if you need one".into())
            }
            Self::Certificates { .. } => {
                Some("storage.ca_file and AWS_CA_BUNDLE name a file in PEM".into())
            }
            Self::Refused { .. } | Self::Setup { .. } | Self::Nonsense { .. } => {
                Some("`earmark doctor SOURCE` tries every call and says which ones fail".into())
            }
            Self::Outside { .. } => Some("only files inside the source are ever touched".into()),
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("run `earmark sync` to take notice of files that went away".into())
            }
            Self::NotFound { .. } => {
                Some("run `earmark sync` to take notice of files that went away".into())
            }
            Self::Changed { .. } => {
                Some("run `earmark sync` to take notice of files that changed".into())
            }
            Self::AlreadyThere { .. }
            | Self::TooLarge { .. }
            | Self::Stopped
            | Self::File { .. } => None,
        }
    }
}

impl StoreError {
    /// Whether there was no answer: what was asked can be asked again when the network is back.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// Whether these keys may not do it.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }
}

fn is_region(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// How far a clock is from another one.
fn apart(ahead: i64) -> String {
    let (size, unit) = match ahead.unsigned_abs() {
        seconds @ 0..120 => (seconds, "seconds"),
        seconds @ 120..7200 => (seconds / 60, "minutes"),
        seconds @ 7200..172_800 => (seconds / 3600, "hours"),
        seconds => (seconds / 86_400, "days"),
    };
    let side = if ahead < 0 { "ahead of" } else { "behind" };
    format!("{size} {unit} {side}")
}

/// Why a file was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Its size or modified time is not what was listed.
    #[error("it changed since it was listed")]
    Changed,
    /// The key leads out of the source.
    #[error("it leads outside the source")]
    Outside,
    /// It is gone already.
    #[error("it is not there any more")]
    Gone,
    /// The system refuses.
    #[error("the system refuses")]
    Refused(#[from] io::Error),
    /// The store refuses, or did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store says so of this one.
    #[error("the store refuses: {code} {message}")]
    Said {
        /// Its word for it.
        code: String,
        /// In its words.
        message: String,
    },
}

impl From<&StoreError> for UserError {
    fn from(error: &StoreError) -> Self {
        Self::of(error, error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_wrong_by_so_much() {
        let said = |ahead| StoreError::ClockSkew { ahead, message: "no".into() }.to_string();
        assert_eq!(
            said(Some(-3600)),
            "this machine's clock is 60 minutes ahead of the store's (no)"
        );
        assert_eq!(said(Some(86_400)), "this machine's clock is 24 hours behind the store's (no)");
        assert_eq!(said(None), "this machine's clock is too far from the store's (no)");
    }
}

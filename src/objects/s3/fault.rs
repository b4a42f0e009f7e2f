//! What went wrong with a request, in our words. What a server says is kept short; it is made safe where it is shown.

use super::client::Shared;
use crate::objects::StoreError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;

/// What a request ends with.
pub(super) type Failed<T, E> = Result<T, SdkError<E, HttpResponse>>;

/// Characters of a server's message that are kept.
const LONGEST: usize = 300;

/// Names the fault. `call` and `key` say what was asked of what.
pub(super) fn explain<E>(
    error: &SdkError<E, HttpResponse>,
    on: &Shared,
    call: &'static str,
    key: &str,
) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let what = || if key.is_empty() { on.address.clone() } else { format!("{}{key}", on.address) };
    match error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            let why = causes(error);
            if why.contains("credential") && !why.contains("signature") {
                return StoreError::NoCredentials { why };
            }
            StoreError::Unreachable { endpoint: on.endpoint(), why }
        }
        SdkError::ServiceError(service) => {
            let raw = service.raw();
            let status = raw.status().as_u16();
            let header = |name: &str| raw.headers().get(name).map(str::to_owned);
            let (code, message) =
                (service.err().code().unwrap_or_default(), service.err().message().unwrap_or(""));
            let region = header("x-amz-bucket-region");
            let said = Said { status, code, message, region };
            named(&said, on, call, key).unwrap_or_else(|| StoreError::Refused {
                call,
                what: what(),
                status,
                code: short(code),
                message: short(message),
            })
        }
        _ => {
            let why = causes(error);
            if why.contains("credential") {
                StoreError::NoCredentials { why }
            } else {
                StoreError::Setup { why }
            }
        }
    }
}

struct Said<'a> {
    status: u16,
    code: &'a str,
    message: &'a str,
    region: Option<String>,
}

/// Faults that have a name and a remedy.
fn named(said: &Said<'_>, on: &Shared, call: &'static str, key: &str) -> Option<StoreError> {
    let here = key.to_owned();
    Some(match (said.status, said.code) {
        (_, "NoSuchBucket") => StoreError::NoSuchBucket { bucket: on.bucket.clone() },
        (_, "NoSuchKey") => StoreError::NotFound { key: here },
        (_, "PreconditionFailed") | (412, _) => match call {
            "PutObject" | "CompleteMultipartUpload" => StoreError::AlreadyThere { key: here },
            _ => StoreError::Changed { key: here },
        },
        (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidClientTokenId") => {
            StoreError::WrongKeys { code: short(said.code), endpoint: on.endpoint() }
        }
        (_, "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken") => StoreError::KeysExpired,
        (_, "RequestTimeTooSkewed" | "RequestExpired") => {
            StoreError::ClockSkew { ahead: on.watch.ahead(), message: short(said.message) }
        }
        (
            _,
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "IllegalLocationConstraintException",
        )
        | (301 | 307, _) => StoreError::WrongRegion {
            bucket: on.bucket.clone(),
            right: said.region.clone().or_else(|| expected_region(said.message)),
            message: short(said.message),
        },
        (_, "VirtualHostDomainRequired" | "SecondLevelDomainForbidden") => {
            StoreError::PathRefused { endpoint: on.endpoint() }
        }
        (_, "SlowDown" | "ServiceUnavailable" | "TooManyRequests") | (429 | 503, _) => {
            StoreError::Busy { endpoint: on.endpoint() }
        }
        (_, "AccessDenied" | "AllAccessDisabled") | (403, _) => {
            StoreError::Denied { call, what: format!("{}{key}", on.address) }
        }
        // Of a part, not of an object.
        (_, "NoSuchUpload" | "InvalidPart" | "InvalidPartOrder") => return None,
        // A HEAD has no body to say more with.
        (404, _) if key.is_empty() => StoreError::NoSuchBucket { bucket: on.bucket.clone() },
        (404, _) => StoreError::NotFound { key: here },
        _ => return None,
    })
}

/// An error with all that led to it, on one line.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if said.last() != Some(&text) {
            said.push(text);
        }
        next = error.source();
    }
    short(&said.join(": "))
}

/// The right region in `the region 'a' is wrong; expecting 'b'`.
fn expected_region(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("expecting '")?;
    let (region, _) = rest.split_once('\'')?;
    (!region.is_empty()).then(|| short(region))
}

/// As much of a server's text as is kept, on one line.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_region_is_taken_from_the_message() {
        let said = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        assert_eq!(expected_region(said).as_deref(), Some("eu-west-1"));
        assert_eq!(expected_region("expecting 'eu"), None);
        assert_eq!(expected_region("no"), None);
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        assert_eq!(short("on\n  one line"), "on one line");
        assert_eq!(short(&"é".repeat(400)).chars().count(), LONGEST + 1);
    }
}

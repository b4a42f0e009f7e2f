//! The client of a bucket, made when it is first needed, and the runtime that its requests run on.

use super::fault::{Failed, causes, explain};
use super::http::http_client;
use super::profile::{Profile, region_in};
use super::watch::{Watch, Watching};
use crate::domain::{Addressing, StoreKind};
use crate::objects::{Options, StoreError};
use aws_config::BehaviorVersion;
use aws_config::SdkConfig;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    Builder, Credentials, ProvideCredentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::ProvideErrorMetadata;
use std::future::Future;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use tokio::sync::OnceCell;

/// How long it may take to reach a host.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a machine that is no cloud's is asked for its role.
const ROLE: Duration = Duration::from_secs(1);
/// How much longer than an answer it may take to send a part; one that does not move at all is noticed sooner.
const SENDING: u32 = 20;

/// What every clone of a bucket shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) scheme: String,
    pub(super) address: String,
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) options: Options,
    pub(super) watch: Arc<Watch>,
    made: OnceCell<Made>,
    /// Whether a PUT can be made to fail where something is there, once that was tried.
    pub(super) conditional: OnceLock<bool>,
    /// The second listing call was tried, and is not known here.
    pub(super) only_v1: AtomicBool,
}

/// What is known once the settings of this machine were read.
#[derive(Debug)]
pub(super) struct Made {
    client: Client,
    pub(super) profile: Profile,
    /// Where requests go, without anything secret.
    pub(super) endpoint: String,
    pub(super) region: String,
    /// Which of the standard places had the keys, in the SDK's word for it.
    pub(super) keys_from: String,
    /// The end of the access key's id, which is no secret.
    pub(super) key_tail: String,
}

impl Shared {
    pub(super) fn new(scheme: &str, bucket: &str, prefix: &str, options: &Options) -> Self {
        Self {
            scheme: scheme.to_owned(),
            address: format!("{scheme}://{bucket}/{prefix}"),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            watch: Arc::new(Watch::new(options.requests)),
            options: options.clone(),
            made: OnceCell::new(),
            conditional: OnceLock::new(),
            only_v1: AtomicBool::new(false),
        }
    }

    /// The whole key of an object in the bucket.
    pub(super) fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The client with all that belongs to it, made now if it was not yet.
    pub(super) async fn made(&self) -> Result<&Made, StoreError> {
        self.made.get_or_try_init(|| self.make()).await
    }

    /// Where requests go, as far as it is known.
    pub(super) fn endpoint(&self) -> String {
        let given = || self.options.connection.endpoint.as_deref().map(without_user);
        let made = self.made.get().map(|made| made.endpoint.clone());
        made.or_else(given).unwrap_or_else(|| "the store".to_owned())
    }

    /// Sends one request, when there is room for it.
    pub(super) async fn send<T, E, F>(
        &self,
        call: &'static str,
        key: &str,
        request: impl FnOnce(Client) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Failed<T, E>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let client = self.made().await?.client.clone();
        let room = self.watch.room().await?;
        let answer = request(client).await;
        self.watch.leave(room);
        answer.map_err(|error| explain(&error, self, call, key))
    }

    /// What a request that sends many bytes is told besides: its answer comes when they are all sent.
    pub(super) fn unhurried(&self) -> Builder {
        let time = time(&self.options).to_builder();
        Builder::new().timeout_config(
            time.read_timeout(self.options.patience.saturating_mul(SENDING)).build(),
        )
    }

    async fn make(&self) -> Result<Made, StoreError> {
        let http = http_client(&self.options)?;
        let found = self.settings(http.clone()).await;
        let endpoint = found.endpoint_url().map(str::to_owned);
        check_endpoint(endpoint.as_deref())?;
        let profile = Profile::of(&self.scheme, endpoint.as_deref(), &self.options);
        if profile.kind == StoreKind::Obs && endpoint.is_none() {
            return Err(StoreError::NoEndpoint { bucket: self.bucket.clone() });
        }
        let region = found.region().cloned().unwrap_or_else(|| Region::new(profile.region));
        let keys = self.keys(&http, &region).await;
        // Asked for now, so that what is wrong with them is said in so many words.
        let first = keys.provide_credentials().await;
        let first = first.map_err(|error| StoreError::NoCredentials { why: self.why(&error) })?;
        let mut config = Builder::from(&found)
            .region(region.clone())
            .credentials_provider(keys)
            .interceptor(Watching(self.watch.clone()))
            .force_path_style(profile.addressing == Addressing::Path)
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .upload_enabled(true)
                    .download_enabled(true)
                    .grace_period(self.options.patience)
                    .build(),
            );
        if !profile.checksums {
            config = config
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        }
        let usual = || format!("https://s3.{region}.amazonaws.com");
        Ok(Made {
            client: Client::from_conf(config.build()),
            profile,
            endpoint: endpoint.as_deref().map_or_else(usual, without_user),
            region: region.to_string(),
            keys_from: provider_of(&first),
            key_tail: tail(first.access_key_id()),
        })
    }

    /// Why there are no keys: the SDK does not say which profile it was that has none.
    fn why(&self, error: &dyn std::error::Error) -> String {
        let why = causes(error);
        match &self.options.connection.profile {
            Some(name) => format!("the profile {name:?} has none, or is not there: {why}"),
            None => why,
        }
    }

    /// What was said, else what environment and profile files say.
    async fn settings(&self, http: SharedHttpClient) -> SdkConfig {
        let chosen = &self.options.connection;
        let named = chosen.region.as_deref();
        let in_host = chosen.endpoint.as_deref().and_then(region_in);
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &chosen.profile {
            profile = profile.profile_name(name);
        }
        // The machine's role is not asked: elsewhere than in a cloud that takes seconds.
        let region = RegionProviderChain::first_try(
            named.or(in_host).map(|region| Region::new(region.to_owned())),
        )
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build());
        let tries = self.options.tries.max(1);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(time(&self.options))
            .region(region)
            .no_credentials()
            // Its slowing down stops everything for seconds; the watch does that.
            .retry_config(RetryConfig::standard().with_max_attempts(tries));
        if let Some(profile) = &chosen.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &chosen.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        loader.load().await
    }

    /// A profile that was named, and nothing else; without one the standard chain, which asks a machine for its role
    /// only for a moment.
    async fn keys(&self, http: &SharedHttpClient, region: &Region) -> SharedCredentialsProvider {
        let config = ProviderConfig::default()
            .with_http_client(http.clone())
            .with_region(Some(region.clone()));
        if let Some(name) = &self.options.connection.profile {
            let profile = ProfileFileCredentialsProvider::builder().configure(&config);
            return SharedCredentialsProvider::new(profile.profile_name(name).build());
        }
        let role = imds::Client::builder()
            .configure(&config)
            .max_attempts(1)
            .connect_timeout(ROLE)
            .read_timeout(ROLE)
            .build();
        let chain = DefaultCredentialsChain::builder().configure(config).imds_client(role);
        SharedCredentialsProvider::new(chain.build().await)
    }
}

fn time(options: &Options) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT.min(options.patience))
        .read_timeout(options.patience)
        .build()
}

/// Whether requests can go there. A name and a password in it are refused: it is kept in workspaces and outputs.
///
/// # Errors
/// It is no address, or holds what is secret.
pub fn check_endpoint(endpoint: Option<&str>) -> Result<(), StoreError> {
    let Some(endpoint) = endpoint else { return Ok(()) };
    let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let bad = |c: char| c.is_whitespace() || c.is_control();
    if without_user(endpoint) != endpoint {
        return Err(StoreError::SecretInEndpoint { endpoint: without_user(endpoint) });
    }
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') && !host.contains(bad) => Ok(()),
        _ => Err(StoreError::BadEndpoint { endpoint: without_user(endpoint) }),
    }
}

/// An endpoint as it may be shown: a name and a password in it are left out.
fn without_user(endpoint: &str) -> String {
    let Some((scheme, rest)) = endpoint.split_once("://") else { return endpoint.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    format!("{scheme}://{host}")
}

/// The SDK tells where keys are from only to debuggers.
fn provider_of(keys: &Credentials) -> String {
    let told = format!("{keys:?}");
    let name = told.split_once("provider_name: \"").and_then(|(_, rest)| rest.split_once('"'));
    name.map_or_else(String::new, |(name, _)| name.to_owned())
}

fn tail(id: &str) -> String {
    let long = id.chars().count();
    id.chars().skip(long - (long / 4).min(4)).collect()
}

/// Runs a future on the runtime of all buckets and waits for it: from any thread, of another runtime too.
pub(super) fn wait<T: Send + 'static>(
    future: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let (done, answer) = sync_channel(1);
    runtime()?.spawn(async move {
        // Whoever waited may be gone.
        let _ = done.send(future.await);
    });
    answer.recv().unwrap_or(Err(StoreError::Stopped))
}

/// The runtime of all buckets.
pub(super) fn runtime() -> Result<&'static Runtime, StoreError> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        RuntimeBuilder::new_multi_thread()
            .worker_threads(2)
            .thread_name("bucket")
            .enable_all()
            .build()
    });
    runtime.as_ref().map_err(|error| StoreError::Setup { why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_of_a_host() {
        for good in [None, Some("https://store"), Some("http://[::1]:9000/")] {
            assert!(check_endpoint(good).is_ok(), "{good:?}");
        }
        for bad in ["", "localhost:9000", "ftp://store", "https://", "http:///x", "http://a b"] {
            assert!(
                matches!(check_endpoint(Some(bad)), Err(StoreError::BadEndpoint { .. })),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        assert_eq!(without_user("https://me:secret@store:1/x"), "https://store:1/x");
        assert_eq!(without_user("http://store/a@b"), "http://store/a@b");
        let keys = Credentials::new("AKIDEXAMPLEKEY01", "secret", None, None, "Here");
        assert_eq!(provider_of(&keys), "Here");
        assert_eq!(tail(keys.access_key_id()), "EY01");
        assert_eq!(tail("abc"), "");
    }
}

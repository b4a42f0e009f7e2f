//! HTTP as this machine wants it: through the proxies that the environment names, with its certificates and those of a
//! file.

use crate::objects::{Options, StoreError};
use aws_sdk_s3::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// A client for all requests to one bucket.
pub(super) fn http_client(options: &Options) -> Result<SharedHttpClient, StoreError> {
    let context = Arc::new(trust(options)?);
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context((*context).clone())
            .build()
    }))
}

/// Which certificates are trusted: the system's, and those of a file.
fn trust(options: &Options) -> Result<TlsContext, StoreError> {
    let file = options.ca_file.clone().or_else(|| env::var_os("AWS_CA_BUNDLE").map(PathBuf::from));
    let mut store = TrustStore::default();
    if let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) {
        let shown = file.display().to_string();
        let unreadable = |why: String| StoreError::Certificates { file: shown.clone(), why };
        let pem = fs::read(&file).map_err(|error| unreadable(error.to_string()))?;
        if !pem.windows(11).any(|window| window == b"-----BEGIN ") {
            return Err(unreadable("no certificate is in it".to_owned()));
        }
        store = store.with_pem_certificate(pem);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| StoreError::Setup { why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "no certificate").unwrap();
        for path in [file.path().to_owned(), "/nowhere/ca.pem".into()] {
            let options = Options { ca_file: Some(path.clone()), ..Options::default() };
            let error = http_client(&options).unwrap_err();
            assert!(matches!(error, StoreError::Certificates { .. }), "{error:?}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

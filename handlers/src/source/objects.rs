//! A client for a store of the settings.

use std::sync::Arc;
use std::time::Duration;

use nexus_config::{ObjectPrefix, Secret, Store, StoreScheme};
use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::connector::{Allowed, Connector};

/// The region that requests are signed for where none is given; what stores of one's own expect.
const REGION: &str = "us-east-1";

/// No second try inside the client: the fetch decides on those, since it knows where it was.
const NO_RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
        base: 1.0,
    },
    max_retries: 0,
    retry_timeout: Duration::ZERO,
};

/// Whether this program can speak to such a store.
pub(super) const fn is_built_in(scheme: StoreScheme) -> bool {
    match scheme {
        StoreScheme::S3 => true,
        StoreScheme::Gs => cfg!(feature = "gcs"),
        StoreScheme::Az => cfg!(feature = "azure"),
    }
}

/// A client for the bucket of a store. Nothing is asked of the store yet.
///
/// Only what the settings say counts: neither the environment nor the machine's own identity is
/// looked at.
pub(super) fn client(store: &Store, prefix: &ObjectPrefix) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let connector = Connector::new(Allowed {
        private: store.private,
        http: store.allow_http,
    })?;
    match prefix.scheme() {
        StoreScheme::S3 => s3(store, prefix.bucket(), connector),
        #[cfg(feature = "gcs")]
        StoreScheme::Gs => google(store, prefix.bucket(), connector),
        #[cfg(feature = "azure")]
        StoreScheme::Az => azure(store, prefix.bucket(), connector),
        #[cfg(not(all(feature = "gcs", feature = "azure")))]
        other => anyhow::bail!("this program is built without {}://", other.as_str()),
    }
}

fn s3(store: &Store, bucket: &str, connector: Connector) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let region = match store.region.as_str() {
        "" => REGION,
        region => region,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_allow_http(store.allow_http)
        .with_skip_signature(store.anonymous)
        .with_retry(NO_RETRY)
        .with_http_connector(connector);
    if !store.endpoint.is_empty() {
        builder = builder.with_endpoint(&store.endpoint);
    }
    if let (Some(id), Some(secret)) = keys(store) {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(feature = "gcs")]
fn google(
    store: &Store,
    bucket: &str,
    connector: Connector,
) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let mut builder = object_store::gcp::GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_skip_signature(store.anonymous)
        .with_retry(NO_RETRY)
        .with_http_connector(connector);
    if !store.endpoint.is_empty() {
        builder = builder.with_base_url(&store.endpoint);
    }
    if let (_, Some(key)) = keys(store) {
        builder = builder.with_service_account_key(key);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(feature = "azure")]
fn azure(
    store: &Store,
    container: &str,
    connector: Connector,
) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let mut builder = object_store::azure::MicrosoftAzureBuilder::new()
        .with_container_name(container)
        .with_allow_http(store.allow_http)
        .with_skip_signature(store.anonymous)
        .with_retry(NO_RETRY)
        .with_http_connector(connector);
    if !store.endpoint.is_empty() {
        builder = builder.with_endpoint(store.endpoint.clone());
    }
    if let (Some(account), Some(key)) = keys(store) {
        builder = builder.with_account(account).with_access_key(key);
    }
    Ok(Arc::new(builder.build()?))
}

/// The id and the key.
fn keys(store: &Store) -> (Option<&str>, Option<&str>) {
    (
        store.access_key_id.as_ref().map(Secret::expose),
        store.secret_access_key.as_ref().map(Secret::expose),
    )
}

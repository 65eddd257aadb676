//! `[kafka]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::secret::Secret;
use crate::span::Span;

/// How the line to a broker is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KafkaSecurity {
    /// In the clear.
    Plaintext,
    /// Encrypted, and the brokers show who they are.
    Tls,
}

/// How this program shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SaslMechanism {
    /// Not by SASL.
    #[serde(rename = "none")]
    None,
    /// Name and password as they are; only over TLS are they safe.
    #[serde(rename = "PLAIN")]
    Plain,
    /// A salted challenge.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// A salted challenge with the longer hash.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// What batches of records are compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KafkaCompression {
    /// Nothing.
    None,
    /// Quick, and half the size of JSON.
    Lz4,
    /// Slower and smaller.
    Zstd,
    /// For brokers and readers that know nothing newer.
    Gzip,
    /// Quick.
    Snappy,
}

/// Kafka: a broker for queues, and the bus of requests and events.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Brokers to begin with, `host:port`, with commas between.
    pub brokers: String,
    /// First part of the names of topics and groups.
    pub prefix: String,
    /// How the line is guarded.
    pub security: KafkaSecurity,
    /// File with the certificates that the brokers' own are checked against. Empty: the system's.
    pub tls_ca: PathBuf,
    /// File with this program's own certificate. Empty: it has none.
    pub tls_certificate: PathBuf,
    /// File with that certificate's key.
    pub tls_key: PathBuf,
    /// That key's password, where it has one.
    pub tls_key_password: Secret,
    /// How this program shows who it is.
    pub sasl_mechanism: SaslMechanism,
    /// Name to show.
    pub sasl_username: String,
    /// Password to show.
    pub sasl_password: Secret,
    /// What batches are compressed with.
    pub compression: KafkaCompression,
    /// Partitions of a topic that is made here.
    pub partitions: u16,
    /// Copies of each partition; 0 leaves it to the cluster.
    pub replication: u16,
    /// Pause before a batch is sent, for more to join it.
    pub linger: Span,
    /// Longest time until a record is acknowledged, all tries together.
    pub delivery_timeout: Span,
    /// Longest wait for a connection, and for the answer to a request.
    pub request_timeout: Span,
    /// Longest time for which a broker holds an empty fetch.
    pub fetch_wait: Span,
    /// Records held in this process that are not done with, for each group that it is in.
    pub window_records: u32,
    /// Memory for records that were fetched and not looked at, for each group.
    pub window_bytes: Bytes,
    /// Pause between commits of what is done.
    pub commit_every: Span,
    /// Silence after which a group takes a member for dead.
    pub session_timeout: Span,
    /// Pause between a member's signs of life.
    pub heartbeat_every: Span,
    /// Age at which what is known of topics is asked for anew.
    pub metadata_every: Span,
    /// This process's name in its groups. Empty: a new one each time.
    pub instance: String,
    /// First pause of the backoff after a connection error.
    pub retry_base: Span,
    /// Longest pause of that backoff.
    pub retry_cap: Span,
}

impl Kafka {
    pub(super) fn check(&self, checks: &mut Checks) {
        let place = |place: &str| {
            place.trim().rsplit_once(':').is_some_and(|(host, port)| {
                !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok()
            })
        };
        checks.require(
            self.brokers.split(',').all(place),
            &["kafka.brokers"],
            format_args!("found {:?}", self.brokers),
            "host:port, with commas between several",
        );
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        checks.require(
            (1..=100).contains(&self.prefix.len()) && self.prefix.chars().all(named),
            &["kafka.prefix"],
            format_args!("found {:?}", self.prefix),
            "1 to 100 letters, digits, dots, dashes and underscores",
        );
        self.check_identity(checks);
        checks.at_least("kafka.partitions", self.partitions, 1);
        checks.at_least("kafka.window_records", self.window_records, 1);
        checks.at_least("kafka.window_bytes", self.window_bytes, Bytes::new(1024));
        for (name, span) in [
            ("kafka.delivery_timeout", self.delivery_timeout),
            ("kafka.request_timeout", self.request_timeout),
            ("kafka.fetch_wait", self.fetch_wait),
            ("kafka.commit_every", self.commit_every),
            ("kafka.session_timeout", self.session_timeout),
            ("kafka.heartbeat_every", self.heartbeat_every),
            ("kafka.metadata_every", self.metadata_every),
            ("kafka.retry_base", self.retry_base),
        ] {
            checks.lasting(name, span);
        }
        checks.not_above(
            ("kafka.heartbeat_every", self.heartbeat_every),
            ("kafka.session_timeout", self.session_timeout),
        );
        checks.not_above(
            ("kafka.linger", self.linger),
            ("kafka.delivery_timeout", self.delivery_timeout),
        );
        checks.not_above(
            ("kafka.retry_base", self.retry_base),
            ("kafka.retry_cap", self.retry_cap),
        );
    }

    fn check_identity(&self, checks: &mut Checks) {
        checks.require(
            self.tls_certificate.as_os_str().is_empty() == self.tls_key.as_os_str().is_empty(),
            &["kafka.tls_certificate", "kafka.tls_key"],
            "one of kafka.tls_certificate and kafka.tls_key is empty",
            "both or neither",
        );
        let named = !self.sasl_username.is_empty() && !self.sasl_password.expose().is_empty();
        checks.require(
            self.sasl_mechanism == SaslMechanism::None || named,
            &["kafka.sasl_username", "kafka.sasl_password"],
            "kafka.sasl_mechanism is set, kafka.sasl_username or kafka.sasl_password is not",
            "a name and a password",
        );
    }
}

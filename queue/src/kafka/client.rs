//! Clients configured as the settings say. What is not a setting stands here with its reason.

use std::net::Ipv4Addr;
use std::time::Duration;

use nexus_config::{Kafka, KafkaCompression, KafkaSecurity, SaslMechanism};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

/// Topics that were made a moment ago are waited for so long; longer would keep a push
/// to a topic that was deleted from being told so.
const PROPAGATION: Duration = Duration::from_secs(5);

/// Pause before a partition whose records are all in this process's buffer is fetched
/// again, in milliseconds. The default of a second stalls a small buffer at each refill.
const FETCH_BACKOFF_MS: u32 = 5;

/// Records fetched ahead of those looked at, for each partition.
const FETCHED_AHEAD: u32 = 1000;

/// Pause after a fetch that failed, in milliseconds.
const FETCH_ERROR_BACKOFF_MS: u32 = 100;

/// A topic that every cluster has, or makes by itself: for questions that are about none.
pub(super) const ANY_TOPIC: Option<&str> = Some("__consumer_offsets");

/// A line of librdkafka's own.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(facility, text, "librdkafka");
        }
        _ => tracing::debug!(facility, text, "librdkafka"),
    }
}

/// What every client needs.
pub(super) fn any(settings: &Kafka) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", "nexus")
        .set("socket.timeout.ms", millis(settings.request_timeout.get()))
        .set(
            "socket.connection.setup.timeout.ms",
            millis(settings.request_timeout.get().max(Duration::from_secs(1))),
        )
        .set("reconnect.backoff.ms", millis(settings.retry_base.get()))
        .set("reconnect.backoff.max.ms", millis(settings.retry_cap.get()))
        .set(
            "topic.metadata.refresh.interval.ms",
            millis(settings.metadata_every.get()),
        )
        .set("topic.metadata.propagation.max.ms", millis(PROPAGATION))
        // A topic that is missing is an error, or made by us with partitions of our number.
        .set("allow.auto.create.topics", "false")
        // Tells the cluster about the client every few minutes, for nobody here.
        .set("enable.metrics.push", "false")
        // A line that is closed as it begins is all that tells of a side that expects TLS.
        .set("log.connection.close", "true")
        .set_log_level(RDKafkaLogLevel::Info);
    if settings.brokers.split(',').all(is_v4) {
        // "localhost" is ::1 too, where a broker that listens on 127.0.0.1 is not.
        config.set("broker.address.family", "v4");
    }
    guard(&mut config, settings);
    config
}

/// For sending: each record once and in order on its partition, acknowledged by every
/// replica in sync.
pub(super) fn producer(settings: &Kafka) -> ClientConfig {
    let mut config = any(settings);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", compression(settings.compression))
        .set("linger.ms", millis(settings.linger.get()))
        .set("message.timeout.ms", millis(settings.delivery_timeout.get()))
        // Without a key to one partition after the other with each batch, not each record.
        .set("sticky.partitioning.linger.ms", millis(settings.linger.get()));
    config
}

/// For looking at what a group has committed, without being in it.
pub(super) fn onlooker(settings: &Kafka, group: &str) -> ClientConfig {
    let mut config = any(settings);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false");
    config
}

/// For reading in a group.
pub(super) fn member(settings: &Kafka, group: &str) -> ClientConfig {
    let mut config = any(settings);
    config
        .set("group.id", group)
        // What is stored is committed, and what is done is stored: by us, never by a poll.
        .set("enable.auto.commit", "true")
        .set("enable.auto.offset.store", "false")
        .set("auto.commit.interval.ms", millis(settings.commit_every.get()))
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", millis(settings.fetch_wait.get()))
        .set("fetch.queue.backoff.ms", FETCH_BACKOFF_MS.to_string())
        .set("fetch.error.backoff.ms", FETCH_ERROR_BACKOFF_MS.to_string())
        .set("queued.min.messages", FETCHED_AHEAD.to_string())
        .set(
            "queued.max.messages.kbytes",
            (settings.window_bytes.get() / 1024).to_string(),
        )
        .set("session.timeout.ms", millis(settings.session_timeout.get()))
        .set("heartbeat.interval.ms", millis(settings.heartbeat_every.get()))
        .set("max.poll.interval.ms", millis(poll_interval(settings)))
        // Each topic's partitions evenly over all members. Sticky assignment evens out only
        // the sum over topics: a member that joins late might get no partition of the one
        // topic that is busy.
        .set("partition.assignment.strategy", "range");
    if !settings.instance.is_empty() {
        config.set("group.instance.id", &settings.instance);
    }
    config
}

/// How long a group waits at most, while it deals partitions anew, for a member that is alive
/// and does not answer. The default of five minutes is for those who poll between pieces of
/// work; here a thread does nothing else, and asks three questions at most between two polls.
fn poll_interval(settings: &Kafka) -> Duration {
    settings.session_timeout.get() + 3 * settings.request_timeout.get()
}

/// Whether a broker is named so that it has, or may have, an IPv4 address only.
fn is_v4(broker: &str) -> bool {
    let host = broker
        .trim()
        .rsplit_once(':')
        .map_or(broker, |(host, _)| host);
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok()
}

fn guard(config: &mut ClientConfig, settings: &Kafka) {
    let sasl = settings.sasl_mechanism != SaslMechanism::None;
    let protocol = match (settings.security, sasl) {
        (KafkaSecurity::Plaintext, false) => "plaintext",
        (KafkaSecurity::Plaintext, true) => "sasl_plaintext",
        (KafkaSecurity::Tls, false) => "ssl",
        (KafkaSecurity::Tls, true) => "sasl_ssl",
    };
    config.set("security.protocol", protocol);
    if settings.security == KafkaSecurity::Tls {
        for (name, path) in [
            ("ssl.ca.location", &settings.tls_ca),
            ("ssl.certificate.location", &settings.tls_certificate),
            ("ssl.key.location", &settings.tls_key),
        ] {
            if !path.as_os_str().is_empty() {
                config.set(name, path.display().to_string());
            }
        }
        if !settings.tls_key_password.expose().is_empty() {
            config.set("ssl.key.password", settings.tls_key_password.expose());
        }
    }
    let mechanism = match settings.sasl_mechanism {
        SaslMechanism::None => return,
        SaslMechanism::Plain => "PLAIN",
        SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
        SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
    };
    config
        .set("sasl.mechanisms", mechanism)
        .set("sasl.username", &settings.sasl_username)
        .set("sasl.password", settings.sasl_password.expose());
}

fn compression(compression: KafkaCompression) -> &'static str {
    match compression {
        KafkaCompression::None => "none",
        KafkaCompression::Lz4 => "lz4",
        KafkaCompression::Zstd => "zstd",
        KafkaCompression::Gzip => "gzip",
        KafkaCompression::Snappy => "snappy",
    }
}

/// A duration as librdkafka wants it; what is above zero stays above it.
fn millis(duration: Duration) -> String {
    duration.as_nanos().div_ceil(1_000_000).to_string()
}

#[cfg(test)]
mod tests {
    use nexus_config::{Secret, Settings};

    use super::*;

    #[test]
    fn librdkafka_takes_every_setting_we_give_it() {
        let mut settings = Settings::defaults().kafka;
        settings.instance = "worker-1".to_owned();
        settings.security = KafkaSecurity::Tls;
        settings.sasl_password = Secret::new("hunter2");
        settings.sasl_username = "nexus".to_owned();
        settings.sasl_mechanism = SaslMechanism::ScramSha512;
        for compression in [
            KafkaCompression::None,
            KafkaCompression::Lz4,
            KafkaCompression::Zstd,
            KafkaCompression::Gzip,
            KafkaCompression::Snappy,
        ] {
            settings.compression = compression;
            producer(&settings).create_native_config().unwrap();
        }
        member(&settings, "group").create_native_config().unwrap();
        onlooker(&settings, "group").create_native_config().unwrap();
    }

    #[test]
    fn brokers_of_ipv4_are_known() {
        assert!(is_v4("127.0.0.1:9092") && is_v4("localhost:9092"));
        assert!(!is_v4("[::1]:9092") && !is_v4("kafka.example.org:9092"));
    }
}

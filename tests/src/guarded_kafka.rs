//! A Kafka of a test's own behind TLS, behind TLS that asks clients for certificates, and
//! behind passwords.

use std::path::Path;

use nexus_config::{Kafka, KafkaSecurity, SaslMechanism, Secret};
use tempfile::TempDir;
use uuid::Uuid;

use crate::certificates::{Certificates, KEY_PASSWORD};
use crate::chaos::own_kafka::OwnKafka;
use crate::chaos::ports;
use crate::servers::Servers;
use crate::small_settings::small_settings;

/// Who may come in by password.
pub const USER: &str = "nexus";

/// Its password.
pub const PASSWORD: &str = "hunter2";

/// A private broker, stopped when dropped. Starting it takes seconds.
#[derive(Debug)]
pub struct GuardedKafka {
    _broker: OwnKafka,
    certificates: Certificates,
    servers: Servers,
    doors: [u16; 3],
    _dir: TempDir,
}

/// Where to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Over TLS, whoever it is.
    Tls,
    /// Over TLS, with a certificate.
    Mutual,
    /// Over TLS, with name and password.
    Sasl,
}

impl GuardedKafka {
    /// Starts one, where Kafka can be had, see [`Servers::kafka_or_skip`].
    pub async fn start() -> Option<Self> {
        let servers = Servers::from_env();
        servers.kafka_or_skip()?;
        let dir = TempDir::with_prefix("nexus-test-kafka-").expect("a directory");
        let certificates = Certificates::make(dir.path());
        let file = dir.path().join("guards.properties");
        std::fs::write(&file, guards(&certificates)).expect("a file");
        let doors = [(); 3].map(|()| ports::free().expect("a free port"));
        let [tls, mutual, sasl] = doors;
        let listeners = format!(
            "SSL://127.0.0.1:{tls},MUTUAL://127.0.0.1:{mutual},SASL_SSL://127.0.0.1:{sasl}"
        );
        let users = ["SCRAM-SHA-256", "SCRAM-SHA-512"]
            .map(|mechanism| format!("{mechanism}=[name={USER},password={PASSWORD}]\n"));
        let env = [
            ("NEXUS_KAFKA_LISTENERS", listeners),
            ("NEXUS_KAFKA_SETTINGS", file.display().to_string()),
            ("NEXUS_KAFKA_SCRAM", users.concat()),
        ];
        let plain = ([127, 0, 0, 1], ports::free().expect("a free port")).into();
        let broker = OwnKafka::start_with(dir.path(), plain, &env).await;
        Some(Self {
            _broker: broker.expect("a broker"),
            certificates,
            servers,
            doors,
            _dir: dir,
        })
    }

    /// Settings that come in through a door, under a prefix of their own; with a short
    /// patience.
    pub fn settings(&self, door: Door) -> Kafka {
        let prefix = format!("t{}", Uuid::new_v4().simple());
        let unused = Path::new("unused");
        let mut settings = small_settings(&self.servers, "unused", &prefix, unused).kafka;
        settings.brokers = format!("127.0.0.1:{}", self.doors[door as usize]);
        settings.partitions = 2;
        settings.request_timeout = "2s".parse().expect("a duration");
        settings.delivery_timeout = "2s".parse().expect("a duration");
        settings.security = KafkaSecurity::Tls;
        settings.tls_ca = self.certificates.file("authority.pem");
        match door {
            Door::Tls => {}
            Door::Mutual => {
                settings.tls_certificate = self.certificates.file("client.pem");
                settings.tls_key = self.certificates.file("client.key");
                settings.tls_key_password = Secret::new(KEY_PASSWORD);
            }
            Door::Sasl => {
                settings.sasl_mechanism = SaslMechanism::ScramSha512;
                USER.clone_into(&mut settings.sasl_username);
                settings.sasl_password = Secret::new(PASSWORD);
            }
        }
        settings
    }

    /// Its certificates.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}

/// The broker's settings for its doors.
fn guards(certificates: &Certificates) -> String {
    let both = certificates.file("server-both.pem");
    let authority = certificates.file("authority.pem");
    let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    format!(
        "\
ssl.keystore.type=PEM
ssl.keystore.location={}
ssl.truststore.type=PEM
ssl.truststore.location={}
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={scram}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram}
",
        both.display(),
        authority.display()
    )
}

//! The servers that a run of the tests is given.

/// URLs of a Postgres, as its superuser, and of a Redis, for tests to share.
#[derive(Clone, Debug)]
pub struct Servers {
    postgres: String,
    redis: String,
    kafka: Option<String>,
}

impl Servers {
    /// The servers that the environment names; panics with what to do where it
    /// names none.
    pub fn from_env() -> Self {
        Self {
            postgres: named("NEXUS_TEST_POSTGRES"),
            redis: named("NEXUS_TEST_REDIS"),
            kafka: std::env::var("NEXUS_TEST_KAFKA").ok(),
        }
    }

    /// Servers at these URLs, Postgres's as its superuser.
    pub fn at(postgres: impl Into<String>, redis: impl Into<String>) -> Self {
        Self {
            postgres: postgres.into(),
            redis: redis.into(),
            kafka: None,
        }
    }

    /// The same servers, and a Kafka at `host:port`.
    pub fn with_kafka(self, brokers: impl Into<String>) -> Self {
        Self {
            kafka: Some(brokers.into()),
            ..self
        }
    }

    /// The URL of a database as a role without a password.
    pub fn postgres_as(&self, role: &str, database: &str) -> String {
        let place = self
            .postgres
            .split_once("://")
            .map_or(self.postgres.as_str(), |(_, rest)| rest);
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let host = place.split('/').next().unwrap_or(place);
        format!("postgres://{role}@{host}/{database}")
    }

    /// The URL of a database as the superuser.
    pub fn postgres_superuser(&self, database: &str) -> String {
        let end = self.postgres.rfind('/').unwrap_or(self.postgres.len());
        format!("{}/{database}", &self.postgres[..end])
    }

    /// The Kafka that there is, if any.
    pub fn kafka(&self) -> Option<&str> {
        self.kafka.as_deref()
    }

    /// The Kafka that there is. Where there is none, says that a test is skipped, and in
    /// continuous integration fails it.
    pub fn kafka_or_skip(&self) -> Option<&str> {
        if self.kafka.is_none() {
            let why = "NEXUS_TEST_KAFKA is not set: `scripts/services start DIR --fast --kafka`";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
            #[expect(clippy::print_stderr, reason = "a skip is to be seen")]
            {
                eprintln!("SKIPPED, no Kafka here: {why}");
            }
        }
        self.kafka()
    }

    /// The URL of Redis.
    pub fn redis(&self) -> &str {
        &self.redis
    }
}

fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: the end-to-end tests need servers. Run `make test`, or \
             `scripts/services start .nexus/test --fast` and then `. .nexus/test/env`"
        )
    })
}

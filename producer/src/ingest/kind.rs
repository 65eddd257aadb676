use nexus_jobs::kinds::built_in;
use nexus_jobs::lane::BadQueueName;
use nexus_jobs::new_job::NewJobError;
use nexus_jobs::{Band, NewJob, QueueName, Weight};
use nexus_schema::AsyncPgConnection;
use nexus_schema::ingest::{KnownKind, known_kind};
use serde_json::value::RawValue;

/// Whether arguments, as JSON, are those of a kind.
type Check = fn(&str) -> Result<(), String>;

/// What is known of a kind by its name: of a built-in one all, of others what a worker that
/// knows it has recorded.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    name: String,
    queue: QueueName,
    band: Band,
    weight: Weight,
    attempts: Option<u32>,
    check: Option<Check>,
}

impl Kind {
    /// The kind of this name.
    pub(super) async fn named(
        conn: &mut AsyncPgConnection,
        name: &str,
    ) -> nexus_schema::Result<Self> {
        if let Some(kind) = Self::built_in(name) {
            return Ok(kind);
        }
        let known = known_kind(conn, name).await?;
        Self::recorded(name, known.as_ref())
            .map_err(|error| nexus_schema::Error::Invalid(error.to_string()))
    }

    fn built_in(name: &str) -> Option<Self> {
        let known = built_in(name)?;
        Some(Self {
            name: name.to_owned(),
            queue: QueueName::new(known.queue).ok()?,
            band: known.band,
            weight: known.weight,
            attempts: (known.attempts)(),
            check: Some(known.check),
        })
    }

    /// One that a worker has recorded, or that nobody knows yet.
    pub(super) fn recorded(name: &str, known: Option<&KnownKind>) -> Result<Self, BadQueueName> {
        let queue = known.map_or("default", |kind| kind.queue.as_str());
        Ok(Self {
            name: name.to_owned(),
            queue: QueueName::new(queue)?,
            band: known
                .and_then(|kind| Band::from_number(kind.band))
                .unwrap_or_default(),
            weight: match known.and_then(|kind| kind.entry_ids) {
                Some(1) => Weight::Heavy,
                _ => Weight::Light,
            },
            attempts: known
                .and_then(|kind| kind.attempts_max)
                .and_then(|attempts| u32::try_from(attempts).ok()),
            check: None,
        })
    }

    /// A job of it, whose arguments nobody checked.
    pub(super) fn job(&self, args: Box<RawValue>) -> Result<NewJob, NewJobError> {
        let mut job = NewJob::raw(&self.name, args)?;
        job.queue = self.queue.clone();
        job.band = self.band;
        job.weight = self.weight;
        job.kind_attempts = self.attempts;
        Ok(job)
    }

    /// Whether arguments are of its shape, as far as that is known; the text says what is wrong.
    pub(super) fn check(&self, args: &str) -> Result<(), String> {
        self.check.map_or(Ok(()), |check| check(args))
    }
}

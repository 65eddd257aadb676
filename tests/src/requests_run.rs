//! An ingest of requests that runs beside a test, and the broker that they come through.

use std::sync::Arc;

use nexus_config::Settings;
use nexus_producer::ingest::{IngestStats, RequestIngest};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bed::TestBed;

/// A running ingest; it stops when dropped.
#[derive(Debug)]
pub struct RequestsRun {
    stop: CancellationToken,
    task: JoinHandle<()>,
    stats: Arc<IngestStats>,
}

impl RequestsRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        let ingest = RequestIngest::new(bed.pool().clone(), bed.settings());
        let stop = CancellationToken::new();
        Self {
            stats: ingest.stats(),
            task: tokio::spawn(ingest.run(stop.clone())),
            stop,
        }
    }

    /// Its counters.
    pub fn stats(&self) -> &Arc<IngestStats> {
        &self.stats
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the ingest ends");
    }

    /// Ends it where it stands, as a crash of its process would.
    pub async fn crash(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for RequestsRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The brokers that the environment names. Where it names none, the test says that it is
/// skipped, and in CI fails.
pub fn brokers() -> Option<String> {
    let named = std::env::var("NEXUS_TEST_KAFKA").ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        named.is_some() || !in_ci,
        "NEXUS_TEST_KAFKA is not set, and in CI it must be"
    );
    if named.is_none() {
        #[expect(clippy::print_stderr, reason = "whoever runs the test reads it")]
        {
            eprintln!("skipped: NEXUS_TEST_KAFKA names no broker");
        }
    }
    named
}

/// Makes settings take requests for jobs of some kinds, on topics of the test's own.
pub fn take_requests(settings: &mut Settings, brokers: &str, kinds: &[&str]) {
    let span = |text: &str| text.parse().expect("a duration");
    brokers.clone_into(&mut settings.kafka.brokers);
    settings.kafka.prefix.clone_from(&settings.redis.prefix);
    settings.kafka.partitions = 3;
    settings.kafka.commit_every = span("20ms");
    settings.kafka.metadata_every = span("500ms");
    settings.kafka.heartbeat_every = span("200ms");
    settings.requests.kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
}

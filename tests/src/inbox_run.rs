//! An ingest of the inbox that runs beside a test.

use std::sync::Arc;

use nexus_config::{InboxQueue, Settings};
use nexus_producer::ingest::{InboxIngest, IngestStats};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bed::TestBed;

/// A running ingest; it stops when dropped.
#[derive(Debug)]
pub struct InboxRun {
    stop: CancellationToken,
    task: JoinHandle<()>,
    stats: Arc<IngestStats>,
}

impl InboxRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        let ingest = InboxIngest::new(bed.pool().clone(), bed.settings()).expect("an ingest");
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

impl Drop for InboxRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What stock storage calls the one queue that a test's inbox takes.
pub fn inbox_name(settings: &Settings) -> String {
    format!("{}:letters", settings.redis.prefix)
}

/// Makes settings take that queue, as jobs of a kind.
pub fn take_inbox<'a>(settings: &'a mut Settings, kind: &str) -> &'a mut InboxQueue {
    let queue = InboxQueue {
        kind: kind.to_owned(),
        queue: None,
        band: None,
        tenant: 1,
        codec: nexus_config::Codec::Json,
    };
    settings.inbox.poll = "20ms".parse().expect("a duration");
    let name = inbox_name(settings);
    settings.inbox.queues.entry(name).or_insert(queue)
}

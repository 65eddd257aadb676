//! What was said, to the ledger: every while, and at an attempt's end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nexus_schema::jobs::{NewLine, Progress, write_log, write_progress};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

use super::{Teller, Telling, held, line};
use crate::engine::Engine;

/// How long the process's end waits for the last words.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// The flusher's task. It ends when this is dropped; [`Flusher::end`] lets it write first.
#[derive(Debug)]
pub(crate) struct Flusher {
    task: AbortOnDropHandle<()>,
    stop: DropGuard,
}

/// Starts the flusher of a process.
pub(crate) fn start(engine: Arc<Engine>) -> Flusher {
    let stop = CancellationToken::new();
    Flusher {
        task: AbortOnDropHandle::new(tokio::spawn(run(engine, stop.clone()))),
        stop: stop.drop_guard(),
    }
}

impl Flusher {
    /// Writes the last words, if Postgres takes them soon, and ends.
    pub(crate) async fn end(self) {
        drop(self.stop);
        if tokio::time::timeout(LAST_WORDS_WITHIN, self.task)
            .await
            .is_err()
        {
            tracing::warn!("what handlers said last is not written");
        }
    }
}

/// Words on their way.
#[derive(Debug, Default)]
struct Batch {
    progress: Vec<Progress>,
    lines: Vec<(Instant, NewLine)>,
    /// Whose words these are, and how many each had said.
    of: Vec<(Arc<Teller>, u64)>,
}

async fn run(engine: Arc<Engine>, stop: CancellationToken) {
    let every = engine.settings.tell_every.get();
    loop {
        let last = tokio::select! {
            () = stop.cancelled() => true,
            () = engine.telling.wake.notified() => false,
            () = tokio::time::sleep(every) => false,
        };
        let mut batch = gather(&engine.telling);
        if !batch.of.is_empty() {
            write(&engine, &mut batch).await;
            done(&engine.telling, &batch);
        }
        if last {
            return;
        }
    }
}

/// Takes what is not written yet, and forgets those who will say no more.
fn gather(telling: &Telling) -> Batch {
    let mut batch = Batch::default();
    held(&telling.tellers).retain(|teller| {
        // Nobody but this list: the attempt is over, whichever way it went.
        if Arc::strong_count(teller) == 1 {
            teller.end();
        }
        let ended = teller.ended.load(Ordering::Acquire);
        let mut words = held(&teller.words);
        if words.said > words.written {
            batch.progress.extend(words.progress.take());
            batch.lines.append(&mut words.lines);
            batch.of.push((Arc::clone(teller), words.said));
        }
        !ended
    });
    batch
}

/// Writes a batch, waiting while Postgres is away. What it refuses is given up: it is no more than
/// words.
async fn write(engine: &Engine, batch: &mut Batch) {
    let mut failures = 0;
    while let Err(error) = try_write(engine, batch).await {
        if !error.is_transient() {
            let (progress, lines) = (batch.progress.len(), batch.lines.len());
            tracing::error!(%error, progress, lines, "the ledger refused what handlers said");
            return;
        }
        failures += 1;
        tokio::time::sleep(engine.wait(failures)).await;
    }
}

async fn try_write(engine: &Engine, batch: &mut Batch) -> nexus_schema::Result<()> {
    let mut conn = engine.pool.get().await?;
    if !batch.progress.is_empty() {
        write_progress(&mut conn, &batch.progress).await?;
    }
    if !batch.lines.is_empty() {
        let lines = batch.lines.iter().map(|(said, line)| NewLine {
            age: said.elapsed(),
            ..line.clone()
        });
        write_log(&mut conn, &lines.collect::<Vec<_>>()).await?;
    }
    Ok(())
}

fn done(telling: &Telling, batch: &Batch) {
    let bytes = batch.lines.iter().map(|(_, line)| line::bytes(line)).sum();
    // The last line of an attempt takes no room of the buffer.
    let _ = telling
        .buffered
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            Some(held.saturating_sub(bytes))
        });
    for (teller, said) in &batch.of {
        held(&teller.words).written = *said;
        teller.written.notify_waiters();
    }
}

//! What handlers say of their jobs while they run: how far they are, and a log.
//!
//! An attempt that says nothing costs nothing: its [`Teller`] is made when it first speaks. What is
//! said is kept in memory, bounded, and written by the flusher, many attempts at once.

mod flusher;
mod line;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nexus_config::Workers;
use nexus_jobs::{JobId, TenantId, Token};
use nexus_schema::jobs::{NewLine, Progress};
use serde_json::Value;
use tokio::sync::Notify;

pub(crate) use flusher::start;
pub use line::LogLevel;

/// How long the end of an attempt waits for its words to be written: past it, its last progress may be
/// missing from history, and its lines follow when Postgres is back.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// The words of all attempts of a process.
#[derive(Debug)]
pub(crate) struct Telling {
    lines_max: u32,
    line_bytes_max: usize,
    buffer_max: usize,
    /// Bytes of lines that are said and not written.
    buffered: AtomicUsize,
    tellers: Mutex<Vec<Arc<Teller>>>,
    wake: Notify,
}

/// Which attempt speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker {
    pub(crate) job: JobId,
    pub(crate) tenant: TenantId,
    pub(crate) token: Token,
    pub(crate) run: u32,
}

/// The words of one attempt.
#[derive(Debug)]
pub(crate) struct Teller {
    speaker: Speaker,
    words: Mutex<Words>,
    ended: AtomicBool,
    written: Notify,
}

#[derive(Debug, Default)]
struct Words {
    progress: Option<Progress>,
    lines: Vec<(Instant, NewLine)>,
    /// Lines so far, written or not.
    count: u32,
    dropped: u32,
    /// Words said, and of these, written.
    said: u64,
    written: u64,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Telling {
    pub(crate) fn new(settings: &Workers) -> Self {
        Self {
            lines_max: settings.job_log_lines_max,
            line_bytes_max: settings.job_log_line_bytes_max.as_usize(),
            buffer_max: settings.job_log_buffer.as_usize(),
            buffered: AtomicUsize::new(0),
            tellers: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// An attempt that begins to speak.
    pub(crate) fn teller(&self, speaker: Speaker) -> Arc<Teller> {
        let teller = Arc::new(Teller {
            speaker,
            words: Mutex::default(),
            ended: AtomicBool::new(false),
            written: Notify::new(),
        });
        held(&self.tellers).push(Arc::clone(&teller));
        teller
    }

    /// Keeps a line, or counts it as dropped where it is one too many.
    pub(crate) fn log(&self, of: &Teller, level: LogLevel, message: &str, fields: &Value) {
        let mut words = held(&of.words);
        if of.ended.load(Ordering::Acquire) {
            return;
        }
        words.said += 1;
        if words.count >= self.lines_max {
            words.dropped += 1;
            return;
        }
        let (message, fields) = line::cut(message, fields, self.line_bytes_max);
        let line = of.line(&mut words, level, message, fields);
        if self
            .buffered
            .fetch_add(line::bytes(&line), Ordering::Relaxed)
            > self.buffer_max
        {
            self.buffered
                .fetch_sub(line::bytes(&line), Ordering::Relaxed);
            words.count -= 1;
            words.dropped += 1;
            return;
        }
        words.lines.push((Instant::now(), line));
    }

    /// Waits until what the attempt has said is written, for a short while at most.
    pub(crate) async fn told(&self, teller: &Teller) {
        let all = async {
            loop {
                let written = teller.written.notified();
                if teller.is_written() {
                    return;
                }
                self.wake.notify_one();
                written.await;
            }
        };
        let _ = tokio::time::timeout(WRITTEN_WITHIN, all).await;
    }

    /// The same, and nothing more will be said: a last line tells how many were dropped.
    pub(crate) async fn end(&self, teller: &Teller) {
        teller.end();
        self.told(teller).await;
    }
}

impl Teller {
    /// Keeps how far the attempt is; what was said before and not written is forgotten.
    pub(crate) fn progress(&self, done: u64, total: Option<u64>, message: &str) {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut words = held(&self.words);
        words.said += 1;
        words.progress = Some(Progress {
            job: self.speaker.job,
            token: self.speaker.token,
            done: count(done),
            total: total.map(count),
            message: line::progress_message(message),
        });
    }

    fn line(
        &self,
        words: &mut Words,
        level: LogLevel,
        message: String,
        fields: Option<String>,
    ) -> NewLine {
        words.count += 1;
        NewLine {
            job: self.speaker.job,
            tenant: self.speaker.tenant,
            run: self.speaker.run,
            line: words.count,
            level: level.as_str(),
            message,
            fields,
            age: Duration::ZERO,
        }
    }

    fn end(&self) {
        let mut words = held(&self.words);
        if !self.ended.swap(true, Ordering::AcqRel) && words.dropped > 0 {
            let last = format!("{} further lines were dropped", words.dropped);
            let last = self.line(&mut words, LogLevel::Warn, last, None);
            words.said += 1;
            words.lines.push((Instant::now(), last));
        }
    }

    fn is_written(&self) -> bool {
        let words = held(&self.words);
        words.written >= words.said
    }
}

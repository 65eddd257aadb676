//! What the peers in Rust measure with: the amounts they are told, the job they
//! run, a note of every start, and the line of figures they print.

mod job;
mod starts;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use tokio::task::JoinHandle;

pub use job::Noop;
pub use starts::Starts;

/// How often the end of a drain is looked for.
const LOOK: Duration = Duration::from_millis(5);
/// How long a drain may take before it counts as stuck.
const STUCK: Duration = Duration::from_mins(5);

/// How much of everything, from the command line: `JOBS SINGLES TIMED`.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Waiting jobs of the drain, enqueued in bulk.
    pub jobs: usize,
    /// Jobs enqueued one after another.
    pub singles: usize,
    /// Jobs whose start is timed, after [`Self::WARM_UP`] that are not.
    pub timed: usize,
}

impl Amounts {
    /// Jobs of one bulk enqueue.
    pub const BATCH: usize = 1000;
    /// Jobs that go before the timed ones.
    pub const WARM_UP: usize = 100;
    /// Between two timed jobs: 200 a second.
    pub const BEAT: Duration = Duration::from_millis(5);

    /// Reads them.
    pub fn from_arguments() -> anyhow::Result<Self> {
        let numbers: Vec<usize> = std::env::args()
            .skip(1)
            .map(|word| word.parse())
            .collect::<Result<_, _>>()?;
        let [jobs, singles, timed] = numbers[..] else {
            anyhow::bail!("usage: JOBS SINGLES TIMED");
        };
        Ok(Self {
            jobs,
            singles,
            timed,
        })
    }
}

/// What a peer prints, on one line.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// How many jobs were enqueued in bulk and drained.
    pub jobs: usize,
    /// Jobs enqueued one after another, a second.
    pub enqueue_single_per_s: f64,
    /// Jobs enqueued in batches, a second.
    pub enqueue_bulk_per_s: f64,
    /// Waiting jobs run and settled, a second.
    pub drain_per_s: f64,
    /// From the call of enqueue to the start of the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_p50_ms: Option<f64>,
    /// The same, 99th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_p99_ms: Option<f64>,
}

impl Figures {
    /// Prints them.
    pub fn print(&self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// So many in the time since then, a second.
pub fn per_second(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// A server's address, as scripts/bench-peers hands it over.
pub fn url(variable: &str) -> anyhow::Result<String> {
    std::env::var(variable).with_context(|| format!("{variable} is not set"))
}

/// Asks again and again until the answer is yes.
pub async fn until<F>(what: &str, mut done: impl FnMut() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let began = Instant::now();
    while !done().await? {
        anyhow::ensure!(began.elapsed() < STUCK, "stuck: {what}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Does something while a worker runs; the worker's end is an error.
pub async fn beside<T>(
    worker: &mut JoinHandle<anyhow::Result<()>>,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        ended = worker => {
            ended??;
            anyhow::bail!("the worker ended before its time")
        }
    }
}

//! Producers: they enqueue, and log what they were promised.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use nexus_config::Settings;
use nexus_jobs::{Actor, NewJob, Workflow};
use nexus_producer::Producer;
use nexus_schema::{Keep, Pool, workflows};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::dice::Dice;
use super::{flows, kinds, say};

/// How many there are.
const PRODUCERS: u64 = 2;

/// Most unfinished jobs while there are more to enqueue: what any machine does well within
/// the minute that the queue has to be empty in.
const BACKLOG_MAX: u64 = 10_000;

/// Jobs to enqueue, and how far that is.
#[derive(Debug)]
pub struct Quota {
    jobs: u64,
    /// Jobs that nobody has taken on yet.
    left: AtomicU64,
    /// The next number: each is used once, also where its enqueue failed.
    next: AtomicU64,
    acknowledged: AtomicU64,
    /// Enqueues of which nobody knows whether they came through.
    failed: AtomicU64,
    /// Unfinished jobs, as last counted.
    pub backlog: AtomicU64,
    /// Whether faults enough have fallen; until then jobs beyond the quota are enqueued too.
    enough: AtomicBool,
    least: Duration,
    started: Instant,
}

impl Quota {
    /// That of so many jobs, the last of them not before `least` has passed.
    pub fn new(jobs: u64, least: Duration) -> Self {
        Self {
            jobs,
            left: AtomicU64::new(jobs),
            next: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            backlog: AtomicU64::new(0),
            enough: AtomicBool::new(false),
            least,
            started: Instant::now(),
        }
    }

    /// Jobs acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Enqueues that failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Every sort of fault has fallen: the quota is all that is still to be done.
    pub fn enough(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    /// Whether there is nothing more to enqueue.
    fn is_done(&self) -> bool {
        self.enough.load(Ordering::Relaxed) && self.acknowledged() >= self.jobs
    }

    /// Takes on up to `most` jobs; 0 where none are left.
    fn take(&self, most: u64) -> u64 {
        let taken = |left: u64| left.min(most);
        let before = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left - taken(left))
            });
        match before.map_or(0, taken) {
            // A fault that is still to come wants to meet jobs.
            0 if !self.enough.load(Ordering::Relaxed) => most,
            taken => taken,
        }
    }

    /// Whether more is wanted now: not too much at once, and nothing before its time, so
    /// that each fault meets jobs.
    fn wants_more(&self) -> bool {
        let due = self.started.elapsed().as_secs_f64() / self.least.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of jobs is far below 2^52"
        )]
        let share = self.acknowledged() as f64 / self.jobs as f64;
        share <= due && self.backlog.load(Ordering::Relaxed) < BACKLOG_MAX.min(1 + self.jobs / 4)
    }
}

/// Starts them. They end when the quota is acknowledged, and faults enough have fallen.
pub fn start(
    settings: &Settings,
    seed: u64,
    quota: &Arc<Quota>,
    dir: &Path,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let mut settings = settings.clone();
    // A call that is tried again inside may enqueue twice what it acknowledges once; here
    // each try is submitted under numbers of its own.
    settings.postgres.retry_attempts = 1;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let mut tasks = JoinSet::new();
    for number in 0..PRODUCERS {
        let producer = Producer::new(pool.clone(), &settings);
        let log = Log::open(dir, number)?;
        let dice = Dice::new(seed, 1000 + number);
        tasks.spawn(produce(producer, log, dice, Arc::clone(quota)));
    }
    Ok(tasks)
}

async fn produce(
    producer: Producer,
    mut log: Log,
    mut dice: Dice,
    quota: Arc<Quota>,
) -> anyhow::Result<()> {
    const BATCH_MAX: u64 = 500;
    /// One batch in so many is small enough to be a workflow.
    const SMALL_EVERY: u64 = 3;
    const PAUSE: Duration = Duration::from_millis(10);
    let most = BATCH_MAX.min(quota.jobs / 200 + 1);
    while !quota.is_done() {
        if !quota.wants_more() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let size = match dice.below(SMALL_EVERY) {
            0 => 1 + dice.below(most.min(flows::JOBS_MAX)),
            _ => 1 + dice.below(most),
        };
        let count = quota.take(size);
        if count == 0 {
            // Another's enqueue may fail, and its jobs come back.
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let first = quota.next.fetch_add(count, Ordering::Relaxed);
        let numbers = first..first + count;
        log.submit(first, count)?;
        let enqueued = if flows::is_one(&numbers) {
            submit(&producer, &flows::workflow(&numbers)?).await
        } else {
            let jobs: anyhow::Result<Vec<NewJob>> = numbers.map(kinds::job).collect();
            enqueue(&producer, &jobs?).await
        };
        match enqueued {
            Ok(ids) => {
                log.acknowledge(first, &ids)?;
                quota.acknowledged.fetch_add(count, Ordering::Relaxed);
            }
            Err(error) => {
                if !error.is_transient() {
                    say(&format!("an enqueue was refused: {error}"));
                }
                quota.left.fetch_add(count, Ordering::Relaxed);
                quota.failed.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Ok(())
}

/// The one place where the harness enqueues: the ids in order.
async fn enqueue(producer: &Producer, jobs: &[NewJob]) -> nexus_schema::Result<Vec<i64>> {
    let ids = producer.enqueue_many(jobs, &Actor::system("chaos")).await?;
    Ok(ids.into_iter().map(|id| id.id().0).collect())
}

/// Submits a workflow: the ids of its nodes, in order. The one that it calls at its end has none yet.
async fn submit(producer: &Producer, workflow: &Workflow) -> nexus_schema::Result<Vec<i64>> {
    let submitted = producer.submit(workflow, &Actor::system("chaos")).await?;
    let mut conn = producer.pool().get().await?;
    let graph = workflows::graph(&mut conn, submitted.id()).await?;
    Ok(graph.nodes.iter().map(|node| node.job_id).collect())
}

/// What a producer submitted and what it was promised: an append-only file.
#[derive(Debug)]
struct Log(File);

impl Log {
    fn open(dir: &Path, number: u64) -> anyhow::Result<Self> {
        let path = path_of(dir, number);
        let file = File::options().create_new(true).append(true).open(&path);
        Ok(Self(file.with_context(|| path.display().to_string())?))
    }

    /// Before the call: jobs `first` to `first + count - 1`.
    fn submit(&mut self, first: u64, count: u64) -> std::io::Result<()> {
        let line = format!("submitted {first} {count}\n");
        self.0.write_all(line.as_bytes())
    }

    /// After it: their ids.
    fn acknowledge(&mut self, first: u64, ids: &[i64]) -> std::io::Result<()> {
        let lines = (first..).zip(ids);
        let lines: Vec<String> = lines
            .map(|(n, id)| format!("acknowledged {n} {id}\n"))
            .collect();
        self.0.write_all(lines.concat().as_bytes())
    }
}

fn path_of(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("producer-{number}.log"))
}

/// What all producers logged.
#[derive(Clone, Debug, Default)]
pub struct Produced {
    /// Numbers that were submitted, as ranges.
    pub submitted: Vec<std::ops::Range<u64>>,
    /// Numbers that were acknowledged, each with its job.
    pub acknowledged: Vec<(u64, i64)>,
}

/// Reads their logs.
pub fn read_all(dir: &Path) -> anyhow::Result<Produced> {
    let mut produced = Produced::default();
    for number in 0..PRODUCERS {
        for line in BufReader::new(File::open(path_of(dir, number))?).lines() {
            let line = line?;
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["submitted", first, count] => {
                    let (first, count): (u64, u64) = (first.parse()?, count.parse()?);
                    produced.submitted.push(first..first + count);
                }
                ["acknowledged", n, id] => {
                    produced.acknowledged.push((n.parse()?, id.parse()?));
                }
                _ => anyhow::bail!("a producer's log has {line:?}"),
            }
        }
    }
    Ok(produced)
}

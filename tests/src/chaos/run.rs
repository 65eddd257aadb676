//! A run from its first server to its verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, ensure};
use nexus_config::Settings;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::checker::{Evidence, figures, wrong};
use super::fault::Sort;
use super::fault_proxy::FaultProxy;
use super::fleet::{Fleet, Orders};
use super::injector::{self, Targets};
use super::options::{Options, Transport};
use super::own_broker::OwnBroker;
use super::own_kafka::OwnKafka;
use super::own_postgres::OwnPostgres;
use super::producers::{self, Quota};
use super::report::Report;
use super::run_settings::{run_settings, superuser};
use super::schedule::Pace;
use super::tables::Left;
use super::watcher::Ledger;
use super::{run_log, say, tables, ticking};

/// How long a run may take before it is given up and judged as it stands, beyond what a slow
/// machine needs for its jobs.
const GIVE_UP_AFTER: Duration = Duration::from_mins(5);

/// Jobs a second that any machine does.
const LEAST_RATE: u64 = 250;

/// How long the queue is given to be empty: past what is right, so that a report tells late
/// from never.
const EMPTY_BOUND: Duration = Duration::from_mins(2);

/// Runs it, prints its report, and says with the exit code whether all is well.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(rand_seed);
    say(&format!(
        "nexus-chaos: {} jobs, {} workers, seed {seed}",
        options.jobs, options.workers
    ));
    let dir = directory()?;
    let began = Instant::now();
    let (targets, settings) = start(&options, dir.path()).await?;
    let targets = Arc::new(targets);
    let wanted = possible(&options.wanted(), &*targets.redis.lock().await);
    let evidence = fire(&options, seed, wanted, &targets, &settings, dir.path()).await?;
    let figures = figures(&evidence);
    let wrong = wrong(&figures, &evidence.wanted);
    let ok = wrong.is_empty();
    for name in &evidence.deserted {
        say(&format!("ended by itself: {name}"));
    }
    // Of a run without its fence, nobody asks what went wrong.
    if options.keep || !(ok || options.unfenced) {
        say(&format!("logs: {}", dir.keep().display()));
    }
    Report::new(&options, seed, began.elapsed(), figures, wrong).print()?;
    Ok(ExitCode::from(u8::from(!ok)))
}

/// Servers, lines and processes.
async fn start(options: &Options, dir: &Path) -> anyhow::Result<(Targets, Settings)> {
    let postgres = OwnPostgres::start(dir).await?;
    let redis = OwnBroker::start(dir).await?;
    let to_postgres = FaultProxy::to(postgres.addr()).await?;
    let to_redis = FaultProxy::to(redis.addr()).await?;
    let kafka = start_kafka(options, dir).await?;
    let to_kafka = kafka.as_ref().map(|(_, to_kafka)| to_kafka.addr());
    let settings = run_settings(to_postgres.addr(), to_redis.addr(), to_kafka, dir);
    let file = settings_file(&settings, dir)?;
    let direct = superuser(postgres.addr());
    tables::make(&direct, &settings).await?;
    tables::carry(&direct, &settings, options.transport.first()).await?;
    let orders = Orders {
        dir: dir.to_owned(),
        settings: file,
        unfenced: options.unfenced,
    };
    let fleet = Fleet::start(orders, options.workers.into())?;
    let targets = Targets {
        fleet: Mutex::new(Some(fleet)),
        postgres: Mutex::new(postgres),
        redis: Mutex::new(redis),
        kafka,
        to_postgres,
        to_redis,
        ledger: Ledger::new(direct, &settings),
        landed: std::sync::Mutex::default(),
    };
    Ok((targets, settings))
}

/// A Kafka and the line to it, where it is to carry the queues. The line is there first: the
/// broker tells its clients to come by it.
async fn start_kafka(
    options: &Options,
    dir: &Path,
) -> anyhow::Result<Option<(Mutex<OwnKafka>, FaultProxy)>> {
    if options.transport == Transport::Redis {
        return Ok(None);
    }
    let addr = ([127, 0, 0, 1], super::ports::free()?).into();
    let to_kafka = FaultProxy::to(addr).await?;
    let kafka = OwnKafka::start(dir, addr, to_kafka.addr()).await?;
    Ok(Some((Mutex::new(kafka), to_kafka)))
}

/// Jobs and faults, until there were enough of both; then until the queue is empty. Returns
/// what is to be judged.
async fn fire(
    options: &Options,
    seed: u64,
    wanted: Vec<Sort>,
    targets: &Arc<Targets>,
    settings: &Settings,
    dir: &Path,
) -> anyhow::Result<Evidence> {
    let quota = Arc::new(Quota::new(options.jobs, options.least()));
    let mut producing = producers::start(settings, seed, &quota, dir)?;
    let stop = CancellationToken::new();
    let mut faults = injector::start(targets, seed, options.pace(), &wanted, &stop);
    let watching = tokio::spawn(watch(Arc::clone(targets), Arc::clone(&quota)));
    let slowest = Duration::from_secs(options.jobs / LEAST_RATE);
    let deadline = Instant::now() + options.least() + slowest + GIVE_UP_AFTER;
    let call_off = async {
        let enough = enough(options, &wanted, targets, &quota, &mut producing);
        match tokio::time::timeout_at(deadline, enough).await {
            Ok(enough) => enough?,
            Err(_) => say("given up: judging the run as it stands"),
        }
        quota.enough();
        stop.cancel();
        anyhow::Ok(())
    };
    tokio::try_join!(call_off, ended(&mut faults))?;
    if let Ok(ended) = tokio::time::timeout_at(deadline, ended(&mut producing)).await {
        ended?;
    }
    producing.abort_all();
    while targets.ledger.look(ticking::pause).await.is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let empty_after_s = empty(targets).await;
    watching.abort();
    let fleet = targets.fleet.lock().await.take();
    let deserted = fleet.context("the fleet")?.stop().await?;
    let tables = tables::read(&mut targets.ledger.connect().await?).await?;
    Ok(Evidence {
        produced: producers::read_all(dir)?,
        notes: run_log::read_all(dir)?,
        tables,
        faults: targets.landed(),
        wanted,
        empty_after_s,
        deserted,
    })
}

/// Waits until each sort has landed, and then, in a large run, until all jobs are enqueued:
/// what a small one still has to do is done in peace.
async fn enough(
    options: &Options,
    wanted: &[Sort],
    targets: &Targets,
    quota: &Quota,
    producing: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    const EVERY: Duration = Duration::from_millis(100);
    let begun = Instant::now();
    let all_landed = |landed: BTreeMap<Sort, u64>| {
        let mut wanted = wanted.iter();
        wanted.all(|sort| landed.contains_key(sort))
    };
    while !all_landed(targets.landed()) {
        tokio::time::sleep(EVERY).await;
    }
    quota.enough();
    match options.pace() {
        Pace::Full => ended(producing).await,
        Pace::Small => {
            tokio::time::sleep_until(begun + options.least()).await;
            Ok(())
        }
    }
}

/// Waits for all tasks; the first that failed fails it.
async fn ended(tasks: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// Counts the backlog for the producers, replaces who deserted, and says how far things are.
async fn watch(targets: Arc<Targets>, quota: Arc<Quota>) {
    const EVERY: Duration = Duration::from_millis(250);
    const LINES_EVERY: Duration = Duration::from_secs(5);
    let began = Instant::now();
    let mut said = began;
    loop {
        let left = targets.ledger.look(tables::left).await;
        if let Some(left) = left {
            let jobs = left.jobs.unsigned_abs();
            quota.backlog.store(jobs, Ordering::Relaxed);
        }
        if let Some(fleet) = targets.fleet.lock().await.as_mut()
            && let Err(error) = fleet.replace_deserters()
        {
            say(&format!("a process is not replaced: {error}"));
        }
        if said.elapsed() >= LINES_EVERY {
            said = Instant::now();
            let waiting = left.map_or("?".to_owned(), |left| left.jobs.to_string());
            say(&format!(
                "{:4} s  {} acknowledged, {waiting} unfinished, {} enqueues failed, {} faults landed",
                began.elapsed().as_secs(),
                quota.acknowledged(),
                quota.failed(),
                targets.landed().values().sum::<u64>(),
            ));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until nothing is unfinished; how long that took, in seconds.
async fn empty(targets: &Targets) -> Option<f64> {
    let since = Instant::now();
    while since.elapsed() < EMPTY_BOUND {
        if targets.ledger.look(tables::left).await == Some(Left::default()) {
            return Some(since.elapsed().as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

/// Those sorts that this machine lets us try; the others are named.
fn possible(wanted: &[Sort], redis: &OwnBroker) -> Vec<Sort> {
    let mut wanted = wanted.to_vec();
    if !redis.has_small_disk() && wanted.contains(&Sort::FullDisk) {
        say("full_disk is skipped: no file system may be mounted here (unshare -Urm)");
        wanted.retain(|sort| *sort != Sort::FullDisk);
    }
    wanted
}

/// A directory that the server's own user can pass through.
fn directory() -> anyhow::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::with_prefix("nexus-chaos-")?;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711))?;
    ensure!(dir.path().is_absolute(), "TMPDIR is a relative path");
    Ok(dir)
}

fn settings_file(settings: &Settings, dir: &Path) -> anyhow::Result<PathBuf> {
    for folder in ["data", "spool"] {
        std::fs::create_dir(dir.join(folder))?;
    }
    let file = dir.join("nexus.toml");
    std::fs::write(&file, toml::to_string(settings)?)?;
    Ok(file)
}

/// Any seed, short enough to be typed.
fn rand_seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 >> 40
}

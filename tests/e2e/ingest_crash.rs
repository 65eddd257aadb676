//! Loads that are killed, drained, superseded or cut off: no row is lost, none is
//! there twice.

use std::sync::atomic::Ordering;

use nexus_config::Settings;
use nexus_handlers::generate::Expected;
use nexus_handlers::load_request::Requested;
use nexus_handlers::process_dataset::chunk::{Chunk, RowScope};
use nexus_handlers::process_dataset::decoder::Decoder;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::profiles;
use nexus_handlers::process_dataset::settings::DecodeSettings;
use nexus_handlers::process_dataset::text::month::MonthKey;
use nexus_jobs::Token;
use nexus_schema::Error;
use nexus_schema::copy::{ChunkToLoad, LeafRows, Loaders};
use nexus_schema::datasets::{self, Started};
use nexus_tests::bed::Test;
use nexus_tests::eventually::SOON;
use nexus_tests::held_month::{Held, rescue_all};
use nexus_tests::loads::{CANONICAL, Ended, generated, whole_sum};
use nexus_tests::own_servers::Which;
use nexus_tests::{
    Claimant, OwnServers, RescuerRun, TestBed, WorkerRun, bounded, eventually, template,
};

fn small_chunks(settings: &mut Settings) {
    settings.datasets.chunk_rows = 500;
}

/// An interrupted load, come to its end, is what an uninterrupted load of the same
/// file is, in the report and in the tables.
async fn is_as_if_uninterrupted(
    bed: &TestBed,
    interrupted: Requested,
    expected: &Expected,
) -> Ended {
    let ended = bed.ended(interrupted).await;
    let about = &ended.dataset.dataset;
    assert_eq!(about.state, "loaded", "{ended:?}");
    let again = bed.ask(about.source.as_ref(), CANONICAL).await;
    let other = bed.ended(again).await;
    let whole = &other.dataset.dataset;
    assert_eq!((&*whole.state, other.job.job.run), ("loaded", 1));

    let rows = bed.rows(interrupted.dataset_id).await;
    assert_eq!(rows, bed.rows(again.dataset_id).await);
    let loaded = i64::try_from(expected.loaded).unwrap();
    assert_eq!((rows.rows, rows.row_numbers), (loaded, loaded));
    assert_eq!(rows.sum, whole_sum(expected));

    assert_eq!(about.sha256, whole.sha256);
    assert_eq!(
        (about.rows_read, about.rows_loaded, about.rows_rejected),
        (whole.rows_read, whole.rows_loaded, whole.rows_rejected)
    );
    assert_eq!(
        (
            about.rows_negative,
            about.rows_zero,
            about.date_min,
            about.date_max
        ),
        (
            whole.rows_negative,
            whole.rows_zero,
            whole.date_min,
            whole.date_max
        )
    );
    let [mine, others] = [&ended, &other]
        .map(|ended| serde_json::to_value((&ended.dataset.sums, &ended.dataset.rejects)).unwrap());
    assert_eq!(mine, others);
    for id in [interrupted.dataset_id, again.dataset_id] {
        let condition = format!("dataset_id = {id}");
        let rejects = bed.count("dataset_rejects", &condition).await;
        assert_eq!(rejects, about.rows_rejected);
    }
    ended
}

#[tokio::test]
async fn a_worker_killed_again_and_again_loads_each_row_once() {
    const KILLS: i64 = 4;
    const ROWS: u64 = 300_000;
    bounded(async {
        let bed = TestBed::with(|settings| settings.datasets.chunk_rows = 2000).await;
        let (bytes, expected) = generated(ROWS, 3, 10);
        let path = bed.data_file("large.csv", bytes);
        let _relay = bed.relay();
        let _rescuer = RescuerRun::start(&bed);
        let requested = bed.ask(&path, CANONICAL).await;
        for kill in 1..=KILLS {
            let worker = bed.spawn(&["work"]);
            // Not at a chunk's end, but wherever the worker happens to be.
            let read = bed.dataset(requested.dataset_id).await.dataset.rows_read;
            bed.has_read(requested.dataset_id, read + 10_000).await;
            worker.kill().await;
            let job = bed.state(requested.job_id).await;
            assert_ne!(job, "completed", "killed too late, at kill {kill}");
        }
        let worker = bed.spawn(&["work"]);
        let ended = is_as_if_uninterrupted(&bed, requested, &expected).await;
        assert_eq!(i64::from(ended.job.job.lost_leases), KILLS);
        assert_eq!(i64::from(ended.job.job.run), KILLS + 1);
        let errors = ended.job.errors.iter();
        let lost = errors.filter(|error| error.reason == "lost_lease");
        assert_eq!(lost.count(), usize::try_from(KILLS).unwrap());
        worker.kill().await;
    })
    .await;
}

#[tokio::test]
async fn a_zombies_next_chunk_is_lost_and_its_successors_is_not() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            small_chunks(settings);
            settings.workers.queues.insert("datasets".into(), 1);
            settings.workers.loops = 1;
        })
        .await;
        let (bytes, expected) = generated(20_000, 4, 10);
        let path = bed.data_file("in.csv", bytes);
        let held = Held::at(&bed).await;
        let _relay = bed.relay();
        let zombie = WorkerRun::start(&bed);
        let requested = bed.ask(&path, CANONICAL).await;
        held.stops(&bed, 1).await;
        let before = bed.dataset(requested.dataset_id).await.dataset;
        assert!(before.rows_read >= 5000 && before.state == "loading");

        assert_eq!(rescue_all(&bed).await.again, [requested.job_id]);
        let successor = WorkerRun::start(&bed);
        held.stops(&bed, 2).await;
        assert_eq!(zombie.health().failed.load(Ordering::Relaxed), 0);
        held.release().await;

        let ended = bed.ended(requested).await;
        eventually("the zombie gives up", SOON, async || {
            (zombie.health().failed.load(Ordering::Relaxed) == 1).then_some(())
        })
        .await;
        assert_eq!(successor.health().failed.load(Ordering::Relaxed), 0);
        assert_eq!((ended.job.job.run, ended.job.job.lost_leases), (2, 1));
        // What the zombie says of its end comes too late to be recorded.
        assert_eq!(ended.job.errors.len(), 1);
        assert_eq!(ended.job.errors[0].reason, "lost_lease");
        is_as_if_uninterrupted(&bed, requested, &expected).await;
    })
    .await;
}

/// Chunks of a generated file, decoded for one dataset.
fn chunks(csv: &[u8], scope: RowScope) -> Vec<Chunk> {
    let profile = Profile::parse(profiles::shipped(CANONICAL).unwrap()).unwrap();
    let settings = DecodeSettings {
        chunk_rows: 500,
        ..DecodeSettings::default()
    };
    let mut decoder = Decoder::start(
        bytes::Bytes::copy_from_slice(csv),
        profile.into(),
        scope,
        settings,
    )
    .unwrap();
    std::iter::from_fn(|| decoder.next_chunk().unwrap()).collect()
}

#[tokio::test]
async fn a_stale_claims_chunk_is_refused_whole() {
    bounded(async {
        let bed = TestBed::new().await;
        let (bytes, _) = generated(1000, 1, 20);
        let requested = bed.ask(&bed.data_file("in.csv", &bytes), CANONICAL).await;
        let about = bed.dataset(requested.dataset_id).await.dataset;
        let scope = RowScope {
            tenant_id: about.tenant_id,
            case_id: about.case_id,
            dataset_id: about.id,
            rows_before: 0,
        };
        let claimed = Claimant::fleeting().claim_all(&mut *bed.conn().await).await;
        let job = requested.job_id;
        let started = datasets::start(&mut *bed.conn().await, requested.load_id, job).await;
        assert!(matches!(started, Ok(Started::Go(_))), "{started:?}");
        let mut loader = Loaders::new(&bed.settings().postgres)
            .connect()
            .await
            .unwrap();
        let mut load = async |chunk: Chunk, token: Token| {
            let leaves = chunk.months.into_iter().map(|rows| LeafRows {
                month: rows.month.map(MonthKey::first_day),
                bytes: rows.payload.into(),
            });
            let chunk = ChunkToLoad {
                table: "transactions",
                leaves: leaves.collect(),
                rejects: Some(chunk.rejects.into()),
                load: requested.load_id,
                checkpoint: serde_json::to_string(&chunk.checkpoint).unwrap(),
                job: requested.job_id,
                token,
            };
            loader.load(chunk).await
        };
        let stands = async |read: i64| {
            let about = bed.dataset(requested.dataset_id).await.dataset;
            let rejects = bed.count("dataset_rejects", "true").await;
            let rows = bed.rows(requested.dataset_id).await.rows;
            assert_eq!((about.rows_read, about.rows_rejected), (read, read / 50));
            assert_eq!((rows, rejects), (read - read / 50, read / 50));
        };
        let [first, second] = chunks(&bytes, scope).try_into().unwrap();
        load(first, claimed.token).await.unwrap();
        stands(500).await;
        assert_eq!(rescue_all(&bed).await.again, [requested.job_id]);
        let late = load(second, claimed.token).await;
        assert!(matches!(late, Err(Error::StaleClaim(_))), "{late:?}");
        stands(500).await;
        // The next claim goes on from there.
        let [_, second] = chunks(&bytes, scope).try_into().unwrap();
        let next = Claimant::new().claim_all(&mut *bed.conn().await).await;
        load(second, next.token).await.unwrap();
        stands(1000).await;
    })
    .await;
}

#[tokio::test]
async fn a_drained_load_is_handed_back_and_goes_on() {
    bounded(async {
        let bed = drained_in_the_middle().await;
        let (bytes, expected) = generated(20_000, 6, 10);
        let path = bed.data_file("in.csv", bytes);
        let requested = interrupt(&bed, &path).await;
        let _relay = bed.relay();
        let _worker = WorkerRun::start(&bed);
        let ended = is_as_if_uninterrupted(&bed, requested, &expected).await;
        assert_eq!((ended.job.job.run, ended.job.job.attempt), (2, 1));
        assert_eq!(ended.job.errors.len(), 0);
    })
    .await;
}

async fn drained_in_the_middle() -> TestBed {
    TestBed::with(|settings| {
        small_chunks(settings);
        settings.workers.grace = "50ms".parse().unwrap();
    })
    .await
}

/// Loads a file up to its ninth month and then drains the worker.
async fn interrupt(bed: &TestBed, path: &std::path::Path) -> Requested {
    let held = Held::at(bed).await;
    let _relay = bed.relay();
    let worker = WorkerRun::start(bed);
    let requested = bed.ask(path, CANONICAL).await;
    held.stops(bed, 1).await;
    assert_eq!(worker.stop().await.given_back, 1);
    held.release().await;
    let about = bed.dataset(requested.dataset_id).await.dataset;
    assert!(about.rows_read >= 5000 && about.state == "loading");
    requested
}

#[tokio::test]
async fn a_file_changed_between_attempts_fails() {
    changed_file_fails(|bytes| bytes[10_000] ^= 1).await;
}

#[tokio::test]
async fn a_file_cut_short_between_attempts_fails() {
    changed_file_fails(|bytes| bytes.truncate(100_000)).await;
}

#[tokio::test]
async fn a_file_emptied_between_attempts_fails() {
    changed_file_fails(Vec::clear).await;
}

fn changed_file_fails(change: impl FnOnce(&mut Vec<u8>) + 'static) -> Test<'static> {
    bounded(async {
        let bed = drained_in_the_middle().await;
        let (mut bytes, _) = generated(20_000, 6, 10);
        let path = bed.data_file("in.csv", &bytes);
        let requested = interrupt(&bed, &path).await;
        change(&mut bytes);
        bed.data_file("in.csv", &bytes);
        let _relay = bed.relay();
        let _worker = WorkerRun::start(&bed);
        let Ended { dataset, job } = bed.ended(requested).await;
        let error = dataset.dataset.error.unwrap();
        let read = error
            .split("first ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                error.replace(read.unwrap_or_default(), "N"),
                @"the file has changed since an earlier attempt read its first N bytes: load it as a new dataset"
            );
        }
        assert_eq!(
            (&*dataset.dataset.state, &*job.job.state),
            ("failed", "discarded")
        );
        assert_eq!((job.job.run, job.job.attempt), (2, 1));
        assert_eq!(bed.count("transactions", "true").await, 0);
    })
}

#[tokio::test]
async fn a_load_outlives_a_killed_postgres() {
    const KILLS: i64 = 2;
    bounded(async {
        let own = OwnServers::start().await;
        let template = template::make(own.servers()).await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            small_chunks(settings);
            settings.postgres.pool_wait = "200ms".parse().unwrap();
            settings.postgres.retry_attempts = 2;
            // An outage spends no last attempt.
            settings.retry.attempts = 1;
        })
        .await;
        let (bytes, expected) = generated(60_000, 8, 10);
        let path = bed.data_file("in.csv", bytes);
        let _relay = bed.relay();
        let _rescuer = RescuerRun::start(&bed);
        let _worker = WorkerRun::start(&bed);
        let requested = bed.ask(&path, CANONICAL).await;
        for kill in 1..=KILLS {
            bed.has_read(requested.dataset_id, kill * 10_000).await;
            own.kill(Which::Postgres).await;
            own.start_again().await;
            eventually("Postgres answers", SOON, async || {
                nexus_schema::jobs::find(&mut *bed.pool().get().await.ok()?, requested.job_id)
                    .await
                    .ok()
            })
            .await;
        }
        let ended = is_as_if_uninterrupted(&bed, requested, &expected).await;
        assert!(i64::from(ended.job.job.run) > KILLS);
    })
    .await;
}

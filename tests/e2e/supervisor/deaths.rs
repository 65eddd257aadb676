//! Processes that die, once or again and again.

use std::fs;
use std::path::Path;

use nexus_config::Lease;
use nexus_producer::rescuer::Rescuer;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, TestBed, bounded, eventually};
use rustix::process::Signal;
use tokio_util::sync::CancellationToken;

use super::{Process, all_work, bed_with, listed, millis, send, supervisor, workers};

/// A rescuer that trusts its sight soon, whatever the workers' lease is.
fn quick_rescuer(bed: &TestBed) -> tokio_util::sync::DropGuard {
    let settings = bed.settings();
    let lease = Lease {
        ttl: millis(2000),
        heartbeat: millis(300),
    };
    let (pool, rescue) = (bed.pool().clone(), settings.rescue.clone());
    let rescuer = Rescuer::new(pool, rescue, lease, settings.history.months_ahead);
    let stop = CancellationToken::new();
    tokio::spawn(rescuer.run(stop.clone()));
    stop.drop_guard()
}

/// Jobs that a process holds by claims that are settled no more: it is stopped, and so
/// is what it had under way in Postgres.
async fn held_by(bed: &TestBed, process: &Process) -> i64 {
    let busy = "datname = current_database() AND state = 'active' \
                AND query LIKE '%nexus.jobs%' AND pid <> pg_backend_pid()";
    eventually("its statements have ended", SOON, async || {
        (bed.count_in("pg_stat_activity", busy).await == 0).then_some(())
    })
    .await;
    let held = format!(
        "nexus.jobs AS j JOIN nexus.leases AS l ON l.token = j.token AND l.worker_id = '{}'",
        process.worker
    );
    bed.count_in(&held, "true").await
}

/// The lease is far longer than the test: only its supervisor's word frees the jobs of
/// a process that was killed.
#[tokio::test]
async fn a_killed_process_is_started_again_and_its_jobs_are_rescued_at_once() {
    bounded(async {
        let bed = bed_with(|settings| {
            settings.lease.ttl = millis(3_600_000);
            // Rescued jobs are suspects, which run one at a time.
            settings.workers.queues = [("noop".to_owned(), 10)].into();
        })
        .await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let _rescuer = quick_rescuer(&bed);
        let mut work = bed.spawn(&["work", "--processes", "2"]);
        let before = all_work(&bed, &work, 2).await;
        let (victim, other) = (&before[0], &before[1]);
        let mut jobs = 0;
        let held = eventually("it holds jobs when it is stopped", SOON, async || {
            bed.enqueue_noops(1000).await;
            jobs += 1000;
            send(victim, Signal::STOP);
            let held = held_by(&bed, victim).await;
            if held == 0 {
                send(victim, Signal::CONT);
            }
            (held > 0).then_some(held)
        })
        .await;
        send(victim, Signal::KILL);
        bed.all_complete(jobs).await;
        let rescued = "lost_leases = 1 AND run = 2 AND attempt = 1";
        assert_eq!(bed.count("job_history", rescued).await, held);
        assert_eq!(bed.count("job_history", "attempt <> 1").await, 0);

        let after = all_work(&bed, &work, 2).await;
        assert!(workers(&after).contains(&other.worker), "it went on");
        assert!(!workers(&after).contains(&victim.worker));
        let told = supervisor(&bed).await["health"]["processes"][0].clone();
        assert_eq!(
            (&told["restarts"], &told["last_death"]),
            (&1.into(), &"signal 9".into())
        );
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}

/// Writes settings whole at once: a process may be reading them.
fn write(file: &Path, settings: &str) {
    let new = file.with_extension("new");
    fs::write(&new, settings).unwrap();
    fs::rename(&new, file).unwrap();
}

#[tokio::test]
async fn a_crash_loop_is_told_tried_on_and_ends_with_its_cause() {
    bounded(async {
        let bed = bed_with(|settings| {
            settings.supervisor.crash_loop_deaths = 3;
            settings.supervisor.crash_loop_within = millis(5000);
        })
        .await;
        let good = fs::read_to_string(bed.settings_file()).unwrap();
        let file = bed.dir().join("own.toml");
        write(&file, &good);
        let config = file.display().to_string();
        let mut work = bed.spawn(&["--config", &config, "work", "--processes", "2"]);
        let before = all_work(&bed, &work, 2).await;

        write(&file, "[workers]\nqueues = {}\n");
        send(&before[1], Signal::KILL);
        work.says("crash loop: it is tried on and on").await;
        eventually("the crash loop is told", SOON, async || {
            let text = bed.nexus_ok(&["workers"]).await;
            assert!(
                text.lines().all(|line| line.chars().count() <= 80),
                "{text}"
            );
            (text.contains("crash loop: process 2 of") && text.contains("last: exit code 2"))
                .then_some(())
        })
        .await;
        let row = supervisor(&bed).await;
        assert_eq!(
            (&row["processes_desired"], &row["processes"]),
            (&2.into(), &1.into())
        );
        assert_eq!(listed(&bed).await["workers"][0]["id"], before[0].worker);

        // A rolling restart with such settings takes nothing away.
        bed.nexus_ok(&["workers", "restart"]).await;
        work.says("a rolling restart").await;
        eventually("a successor died", SOON, async || {
            let first = supervisor(&bed).await["health"]["processes"][0].clone();
            (first["deaths"].as_u64()? >= 1).then_some(())
        })
        .await;
        assert_eq!(listed(&bed).await["workers"][0]["id"], before[0].worker);

        write(&file, &good);
        let after = all_work(&bed, &work, 2).await;
        assert!(
            workers(&after).is_disjoint(&workers(&before)),
            "all are new"
        );
        eventually("the crash loop is over", SOON, async || {
            let text = bed.nexus_ok(&["workers"]).await;
            (!text.contains("crash loop")).then_some(())
        })
        .await;
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}

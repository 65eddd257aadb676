//! The number of processes, as the operator asks for it.

use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, eventually};

use super::{all_work, assert_no_attempt_lost, bed_with, supervisor, workers};

#[tokio::test]
async fn processes_come_and_go_while_jobs_run() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let mut work = bed.spawn(&["work", "--processes", "1"]);
        let first = all_work(&bed, &work, 1).await;
        let mut jobs = 0;
        for count in ["3", "1"] {
            bed.enqueue_noops(1000).await;
            let told = bed.nexus_ok(&["workers", "scale", count]).await;
            assert!(
                told.contains(&format!(": {count} worker process")),
                "{told}"
            );
            bed.enqueue_noops(1000).await;
            jobs += 2000;
            let now = all_work(&bed, &work, count.parse().unwrap()).await;
            assert!(
                workers(&now).is_superset(&workers(&first)),
                "the first stays"
            );
        }
        bed.all_complete(jobs).await;
        assert_no_attempt_lost(&bed).await;
        let row = supervisor(&bed).await;
        assert_eq!(
            (&row["processes_desired"], &row["processes"]),
            (&1.into(), &1.into())
        );
        assert!(
            row["scaled_by"].as_str().unwrap().starts_with("os:"),
            "{row}"
        );
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}

/// What the operator asked for outlives the supervisor; what its command line said does not.
#[tokio::test]
async fn a_successor_comes_up_with_what_was_asked_for() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        for processes in ["1", "2"] {
            let mut work = bed.spawn(&["work", "--processes", processes]);
            all_work(&bed, &work, processes.parse().unwrap()).await;
            work.terminate();
            assert!(work.wait(SOON).await.success(), "{}", work.log());
        }
        let asked = bed.nexus_ok(&["workers", "scale", "3"]).await;
        assert!(asked.contains("will come up with that"), "{asked}");
        let mut work = bed.spawn(&["work", "--processes", "2"]);
        all_work(&bed, &work, 3).await;
        let log = work.log();
        assert!(log.contains("`nexus workers scale` asked for"), "{log}");
        let none = bed.nexus_ok(&["workers", "scale", "0"]).await;
        assert!(none.contains(": 0 worker processes, 3 before"), "{none}");
        all_work(&bed, &work, 0).await;
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}

#[tokio::test]
async fn supervisors_are_told_apart_by_name() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let none = bed.nexus(&["workers", "scale", "2"]).await;
        assert_eq!(none.status.code(), Some(3));
        let mut a = bed.spawn(&["work", "--name", "a"]);
        all_work(&bed, &a, 1).await;
        let mut again = bed.spawn(&["work", "--name", "a", "--processes", "2"]);
        let refused = again.wait(SOON).await;
        assert_eq!(refused.code(), Some(2), "{}", again.log());
        assert!(
            again.log().contains("runs already: process"),
            "{}",
            again.log()
        );
        assert!(again.log().contains("--name NAME"), "{}", again.log());

        let mut b = bed.spawn(&["work", "--name", "b"]);
        eventually("both work", SOON, async || {
            (bed.count("supervisors", "processes = 1").await == 2).then_some(())
        })
        .await;
        let which = bed.nexus(&["workers", "scale", "2"]).await;
        let said = String::from_utf8(which.stderr).unwrap();
        assert_eq!(which.status.code(), Some(2), "{said}");
        assert!(said.contains("--supervisor NAME: a, b"), "{said}");
        let named = ["workers", "scale", "2", "--supervisor", "b"];
        bed.nexus_ok(&named).await;
        eventually("b has two", SOON, async || {
            let scaled = "name = 'b' AND processes = 2 OR name = 'a' AND processes = 1";
            (bed.count("supervisors", scaled).await == 2).then_some(())
        })
        .await;
        for running in [&mut a, &mut b] {
            running.terminate();
            assert!(running.wait(SOON).await.success(), "{}", running.log());
        }
        assert_eq!(bed.count("workers", "true").await, 0);
        assert_eq!(bed.count("supervisors", "processes = 0").await, 2);
        let unknown = bed.nexus(&["workers", "forget", "c"]).await;
        assert_eq!(unknown.status.code(), Some(3));
        bed.execute("UPDATE nexus.supervisors SET seen_at = now() - interval '1 hour'")
            .await;
        bed.nexus_ok(&["workers", "forget", "a"]).await;
        assert_eq!(bed.count("supervisors", "true").await, 1);
    })
    .await;
}

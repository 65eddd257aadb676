//! `nexus jobs`, `nexus queues`, `nexus workers`

use std::time::Duration;

use nexus_jobs::NewJob;
use nexus_tests::bed::noop;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::Task;
use nexus_tests::{WorkerRun, eventually, in_bed};

use super::{code, fits, json, said, words};

#[tokio::test]
async fn a_list_is_a_table_of_80_columns_and_a_json_document() {
    in_bed(async |bed| {
        let mut long = NewJob::raw("k".repeat(100), noop().args).unwrap();
        long.tags = vec!["long".to_owned()];
        bed.enqueue(&[noop(), noop().after(Duration::from_hours(2)), long])
            .await;
        let table = bed.nexus_ok(&["jobs", "list"]).await;
        fits(&table);
        let lines = words(&table);
        let header = ["ID", "STATE", "KIND", "QUEUE", "TRIES", "ENQUEUED", "WHEN"];
        assert_eq!(lines[0], header);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1][..2], ["3", "available"]);
        assert_eq!(lines[2][..5], ["2", "scheduled", "noop", "noop", "0/5"]);
        assert_eq!(lines[3][..5], ["1", "available", "noop", "noop", "0/5"]);

        let first = bed.nexus_ok(&["jobs", "list", "--limit", "2"]).await;
        assert_eq!(first.lines().last(), Some("more: --before 2"));
        let rest = ["jobs", "list", "--limit", "2", "--before", "2"];
        let rest = bed.nexus_ok(&rest).await;
        assert_eq!(rest.lines().count(), 2, "{rest}");
        for (filter, found) in [
            (&["--state", "scheduled"][..], &[2][..]),
            (
                &["--state", "scheduled,available", "--kind", "noop"],
                &[2, 1],
            ),
            (&["--tag", "long"], &[3]),
            (&["--queue", "default"], &[3]),
            (&["--tenant", "1", "--limit", "1"], &[3]),
            (&["--kind", "none"], &[]),
        ] {
            let page = json(bed, &[&["jobs", "list"], filter].concat()).await;
            let jobs = page["jobs"].as_array().unwrap().iter();
            let ids: Vec<i64> = jobs.map(|job| job["id"].as_i64().unwrap()).collect();
            assert_eq!(ids, found, "{filter:?}");
        }
        let none = bed.nexus_ok(&["jobs", "list", "--kind", "none"]).await;
        assert_eq!(none, "no such jobs\n");
        let wrong = bed.nexus(&["jobs", "list", "--state", "done"]).await;
        assert_eq!(code(&wrong), 2);
        assert!(said(&wrong).contains("scheduled, available, running"));
    })
    .await;
}

#[tokio::test]
async fn a_job_is_shown_with_its_history() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let jobs = [Task { n: 5 }, Task { n: -5 }].map(|task| NewJob::of(&task).unwrap());
        for id in bed.enqueue(&jobs).await {
            bed.end_of(id).await;
        }
        let page = bed.nexus_ok(&["jobs", "show", "1"]).await;
        fits(&page);
        for line in [
            "job 1 · test.task · completed",
            "  queue         default, band normal",
            "  attempts      2 of 5, claimed 2 times",
            "  result        {\"n\":5}",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(
            page.contains("run 1 failed (error): odd at first"),
            "{page}"
        );
        let shown = json(bed, &["jobs", "show", "1"]).await;
        assert_eq!(shown["errors"][0]["error"], "odd at first");

        let waited = bed.nexus_ok(&["jobs", "wait", "1"]).await;
        assert!(waited.starts_with("job 1 completed"), "{waited}");
        assert_eq!(json(bed, &["jobs", "wait", "1"]).await["result"]["n"], 5);
        let failed = bed.nexus(&["jobs", "wait", "2"]).await;
        assert_eq!(code(&failed), 1);
        for command in ["show", "wait"] {
            let missing = bed.nexus(&["jobs", command, "404"]).await;
            assert_eq!(code(&missing), 3);
            assert!(said(&missing).contains("no job 404"));
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn queues_and_workers_are_counted() {
    in_bed(async |bed| {
        bed.enqueue(&[noop(), noop(), noop().after(Duration::from_hours(2))])
            .await;
        let queues = bed.nexus_ok(&["queues"]).await;
        fits(&queues);
        assert_eq!(words(&queues)[1][..4], ["noop", "1", "2", "0"]);
        json(bed, &["queues"]).await;
        let none = bed.nexus_ok(&["workers"]).await;
        assert!(none.contains("no worker runs"), "{none}");
        let worker = WorkerRun::start(bed);
        eventually("the worker is listed", SOON, async || {
            let listed = json(bed, &["workers"]).await;
            (listed["workers"].as_array().map(Vec::len) == Some(1)).then_some(())
        })
        .await;
        fits(&bed.nexus_ok(&["workers"]).await);
        worker.stop().await;
    })
    .await;
}

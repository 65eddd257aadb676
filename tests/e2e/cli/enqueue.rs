//! `nexus enqueue`

use nexus_tests::{WorkerRun, in_bed};

use super::{code, json, said};

#[tokio::test]
async fn a_job_that_is_waited_for_ends_the_command_as_it_ends() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let done = bed.nexus_ok(&["enqueue", "noop", "--wait"]).await;
        assert!(done.starts_with("job 1 completed: waited "), "{done}");
        let task = ["enqueue", "test.task", "--args"];
        let wait = |args: &'static str| [&task[..], &[args, "--wait"]].concat();
        let done = bed.nexus_ok(&wait(r#"{"n": 4}"#)).await;
        assert!(done.contains("\nresult: {\"n\":4}\n"), "{done}");

        let failed = bed.nexus(&wait(r#"{"n": -4}"#)).await;
        let told = bed.told(&failed);
        assert_eq!(code(&failed), 1, "{told}");
        assert!(told.contains("job 3 discarded"), "{told}");
        assert!(told.contains("reason: a number below zero"), "{told}");

        let waited = json(bed, &wait(r#"{"n": 3}"#)).await;
        assert_eq!(waited["ids"], serde_json::json!([4]));
        assert_eq!(waited["jobs"][0]["state"], "completed");
        assert_eq!(waited["jobs"][0]["attempt"], 2);

        let many = ["enqueue", "noop", "--count", "2500", "--wait"];
        let many = bed.nexus_ok(&many).await;
        assert!(many.contains("enqueued 2,500 jobs, 5 to 2504"), "{many}");
        assert!(many.contains("2,500 completed"), "{many}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_wait_that_runs_out_is_exit_5_and_the_job_stays() {
    in_bed(async |bed| {
        let args = ["enqueue", "noop", "--wait", "--wait-timeout", "50ms"];
        let output = bed.nexus(&args).await;
        insta::assert_snapshot!(bed.told(&output), @"
        enqueued job 1
        error: the time to wait ran out
         hint: the job goes on; `nexus jobs wait ID` waits for its end
        exit 5
        ");
        let output = bed.nexus(&["jobs", "wait", "1", "--timeout", "50ms"]).await;
        assert_eq!(code(&output), 5);
        assert_eq!(bed.count("jobs", "state = 'available'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_cannot_be_is_exit_2_and_nothing_is_enqueued() {
    in_bed(async |bed| {
        for (args, word) in [
            (&["NOOP"][..], "kind \"NOOP\" is not allowed"),
            (&["noop", "--args", "{"], "--args: not JSON"),
            (&["noop", "--args", "@none.json"], "none.json"),
            (&["process_dataset", "--args", "{}"], "dataset_id"),
            (&["noop", "--queue", "a b"], "queue name \"a b\""),
            (&["noop", "--band", "top"], "--band"),
            (&["noop", "--in", "5"], "--in"),
            (&["noop", "--at", "tomorrow"], "2026-11-20T16:50:00+01:00"),
            (&["noop", "--attempts", "0"], "--attempts"),
            (&["noop", "--timeout", "0s"], "--timeout must be above zero"),
            (&["noop", "--count", "0"], "--count"),
            (&["noop", "--wait-timeout", "1s"], "--wait"),
            (&[], "<KIND>"),
        ] {
            let output = bed.nexus(&[&["enqueue"], args].concat()).await;
            let said = said(&output);
            assert_eq!(code(&output), 2, "{args:?}: {said}");
            assert!(said.contains(word), "{args:?}: {said}");
        }
        assert_eq!(bed.count("jobs", "true").await, 0);
        let wrong = bed.nexus(&["enqueue", "NOOP"]).await;
        insta::assert_snapshot!(bed.told(&wrong), @r#"
        error: kind "NOOP" is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.'
        exit 2
        "#);
    })
    .await;
}

#[tokio::test]
async fn every_option_reaches_the_job() {
    in_bed(async |bed| {
        std::fs::write(bed.dir().join("args.json"), "{\"padding\": \"x\"}\n").unwrap();
        let args = [
            "enqueue",
            "noop",
            "--args",
            "@args.json",
            "--queue",
            "special",
            "--band",
            "low",
            "--in",
            "2h",
            "--attempts",
            "7",
            "--timeout",
            "90s",
            "--tag",
            "a",
            "--tag",
            "b",
            "--count",
            "2",
        ];
        let told = bed.nexus_ok(&args).await;
        assert_eq!(told, "enqueued 2 jobs, 1 to 2\n");
        let job = json(bed, &["jobs", "show", "2"]).await;
        for (field, value) in [
            ("args", serde_json::json!({"padding": "x"})),
            ("queue", "special".into()),
            ("band", "low".into()),
            ("state", "scheduled".into()),
            ("attempts_max", 7.into()),
            ("timeout_ms", 90_000.into()),
            ("tags", serde_json::json!(["a", "b"])),
        ] {
            assert_eq!(job[field], value, "{field}");
        }
        let by = job["created_by"].as_str().unwrap();
        assert!(by.starts_with("os:"), "{by}");
        let at = ["enqueue", "noop", "--at", "2099-01-01T01:00:00+01:00"];
        bed.nexus_ok(&at).await;
        let job = json(bed, &["jobs", "show", "3"]).await;
        assert_eq!(job["due_at"], "2099-01-01T00:00:00Z");
    })
    .await;
}

#[tokio::test]
async fn what_became_of_a_unique_job_is_told() {
    in_bed(async |bed| {
        let unique = [
            "enqueue",
            "noop",
            "--unique",
            "--order-key",
            "k",
            "--limit-key",
            "l",
        ];
        assert_eq!(bed.nexus_ok(&unique).await, "enqueued job 1\n");
        let told = bed.nexus_ok(&unique).await;
        assert_eq!(
            told,
            "nothing was enqueued: job 1 has the same unique key\n"
        );
        let debounce = [
            "--on-conflict",
            "debounce",
            "--in",
            "1h",
            "--expires-in",
            "2h",
        ];
        let told = bed.nexus_ok(&[&unique[..], &debounce].concat()).await;
        assert!(
            told.ends_with("job 1 has the same unique key, and was replaced\n"),
            "{told}"
        );
        let job = json(bed, &["jobs", "show", "1"]).await;
        assert_eq!(job["state"], "scheduled");
        assert_eq!(
            (&job["order_key"], &job["limit_key"]),
            (&"k".into(), &"l".into())
        );
        assert!(
            job["expires_at"].is_string() && job["unique_key"].is_string(),
            "{job}"
        );
        let reject = bed
            .nexus(&[&unique[..], &["--on-conflict", "reject"]].concat())
            .await;
        assert_eq!(code(&reject), 1);
        assert!(bed.told(&reject).starts_with("rejected: job 1 has"));
        let several = json(bed, &["enqueue", "noop", "--unique", "--count", "3"]).await;
        assert_eq!(several["ids"], serde_json::json!([1, 1, 1]));
        assert_eq!(several["outcomes"], serde_json::json!({"existing": 3}));
        let late = bed
            .nexus(&["enqueue", "noop", "--in", "2h", "--expires-in", "1h"])
            .await;
        assert!(
            said(&late).contains("its deadline passes before it is due"),
            "{}",
            said(&late)
        );
        assert_eq!(bed.count("jobs", "true").await, 1);
    })
    .await;
}

//! `nexus workflows`

use nexus_tests::eventually::SOON;
use nexus_tests::loads::generated;
use nexus_tests::{AdvancerRun, TestBed, WorkerRun, eventually, in_bed};
use serde_json::{Value, json as object};

use super::{code, fits, json, said, words};

/// Three files' worth of jobs, and one over all of them; one below zero is refused for good.
fn files(last: i64) -> Value {
    let load = |name: &str, n: i64| object!({"name": name, "enqueue": {"kind": "test.task", "args": {"n": n}}});
    object!({
        "name": "three files", "key": format!("files {last}"),
        "jobs": [
            load("load january", 2), load("load february", 4), load("load march", last),
            {
                "name": "compare", "after": ["load january", "load february", "load march"],
                "enqueue": {"kind": "noop"},
            },
        ],
    })
}

/// Writes it as a file, and names that as the command line does.
fn file(bed: &TestBed, workflow: &Value) -> String {
    let path = bed.dir().join("workflow.json");
    std::fs::write(&path, workflow.to_string()).unwrap();
    format!("@{}", path.display())
}

#[tokio::test]
async fn a_workflow_is_submitted_drawn_and_waited_for() {
    in_bed(async |bed| {
        let from = file(bed, &files(6));
        let told = bed.nexus_ok(&["workflows", "submit", &from]).await;
        assert_eq!(told, "workflow 1 submitted: 4 jobs\n");
        let again = bed.nexus_ok(&["workflows", "submit", &from]).await;
        assert_eq!(again, "workflow 1 has this key\n");
        let again = json(bed, &["workflows", "submit", &from]).await;
        assert_eq!(again, object!({"id": 1, "outcome": "existing"}));

        let waiting = bed.nexus_ok(&["jobs", "show", "4"]).await;
        fits(&waiting);
        for line in [
            "  workflow      1 (three files), as \"compare\"",
            "  parked        workflow (1)",
            "  waits for     load january (job 1), load february (job 2), load march (job 3)",
        ] {
            assert!(
                waiting.lines().any(|found| found == line),
                "{line}\n{waiting}"
            );
        }
        let jobs = bed.nexus_ok(&["jobs", "list"]).await;
        fits(&jobs);
        assert!(
            jobs.lines().any(|line| line.ends_with("in workflow 1")),
            "{jobs}"
        );

        let before = bed.nexus_ok(&["workflows", "show", "1"]).await;
        fits(&before);
        insta::assert_snapshot!(graph(&before), @r"
             NAME           KIND       JOB  STATE      TOOK
        ○    load january   test.task    1  available
        ├─○  load february  test.task    2  available
        ├─○  load march     test.task    3  available
        ○    compare        noop         4  waiting
        ");
        let (_relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let _advancer = AdvancerRun::start(bed);
        let ended = bed.nexus_ok(&["workflows", "wait", "1"]).await;
        assert!(ended.starts_with("workflow 1 completed after "), "{ended}");
        assert!(ended.ends_with(": 4 of 4 jobs completed\n"), "{ended}");
        let shown = json(bed, &["workflows", "show", "1"]).await;
        assert_eq!(shown["workflow"]["state"], "completed");
        assert_eq!(shown["nodes"][3]["before"], object!([0, 1, 2]));
        worker.stop().await;
    })
    .await;
}

/// The drawing, without the title and without how long things took.
fn graph(page: &str) -> String {
    let lines = page.lines().skip_while(|line| *line != "graph").skip(1);
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_failed_is_told_by_the_exit_code_and_run_again() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let _advancer = AdvancerRun::start(bed);
        bed.nexus_ok(&["workflows", "submit", &file(bed, &files(-1))]).await;
        let failed = bed.nexus(&["workflows", "wait", "1"]).await;
        assert_eq!(code(&failed), 1);
        let page = bed.nexus_ok(&["workflows", "show", "1"]).await;
        assert!(page.lines().any(|line| line.contains("─✗") && line.contains("load march")), "{page}");
        assert!(page.contains("  jobs          4: 2 completed, 1 discarded, 1 cancelled"), "{page}");
        let singly = bed.nexus(&["dead", "replay", "3"]).await;
        assert_ne!(code(&singly), 0);
        assert!(said(&singly).contains("nexus workflows retry 1"), "{}", said(&singly));

        let again = bed.nexus_ok(&["workflows", "retry", "1"]).await;
        assert_eq!(again, "workflow 1 runs again, round 2: 2 of its 4 jobs\n");
        assert_eq!(json(bed, &["workflows", "list", "--name", "three files"]).await["workflows"][0]["round"], 2);
        assert_eq!(code(&bed.nexus(&["workflows", "wait", "1"]).await), 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_is_called_off_and_lists_tell_them_apart() {
    in_bed(async |bed| {
        let text = files(2).to_string();
        bed.nexus_ok(&["workflows", "submit", &text]).await;
        bed.nexus_ok(&["workflows", "submit", &files(4).to_string()])
            .await;
        let early = bed.nexus(&["workflows", "retry", "1"]).await;
        assert_eq!(code(&early), 2);
        assert!(said(&early).contains("still runs"), "{}", said(&early));
        let late = bed
            .nexus(&["workflows", "wait", "1", "--timeout", "1ms"])
            .await;
        assert_eq!(code(&late), 5);
        assert!(
            said(&late).contains("nexus workflows wait"),
            "{}",
            said(&late)
        );
        let off = bed
            .nexus_ok(&["workflows", "cancel", "1", "--reason", "the wrong files"])
            .await;
        assert_eq!(
            off,
            "workflow 1 is called off: of its 4 jobs, 4 had not ended\n"
        );
        let _advancer = AdvancerRun::start(bed);
        eventually("it has ended", SOON, async || {
            let found = json(bed, &["workflows", "list", "--state", "cancelled"]).await;
            (found["workflows"].as_array().map(Vec::len) == Some(1)).then_some(())
        })
        .await;
        let table = bed.nexus_ok(&["workflows", "list"]).await;
        fits(&table);
        let lines = words(&table);
        assert_eq!(lines[0][..4], ["ID", "STATE", "NAME", "JOBS"]);
        assert_eq!(lines[1][..2], ["2", "running"]);
        assert_eq!(lines[2][..2], ["1", "cancelled"]);
        let first = bed.nexus_ok(&["workflows", "list", "--limit", "1"]).await;
        assert_eq!(first.lines().last(), Some("more: --before 2"));
        let page = bed.nexus_ok(&["workflows", "show", "1"]).await;
        assert!(page.contains("  reason        the wrong files"), "{page}");
        assert_eq!(
            bed.nexus_ok(&["workflows", "list", "--state", "failed"])
                .await,
            "no such workflows\n"
        );
    })
    .await;
}

/// The shipped example: three files loaded side by side, then a job over all of them.
#[tokio::test]
async fn three_files_are_loaded_and_followed_up() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let _advancer = AdvancerRun::start(bed);
        let shipped = include_str!("../../../examples/workflows/three-files.json");
        let data = format!("{}/", bed.dir().join("data").display());
        let asked = shipped.replace("data/", &data);
        let early = bed.nexus(&["workflows", "submit", &asked]).await;
        assert_eq!(code(&early), 3);
        let wrong = said(&early);
        assert!(
            wrong.contains("\"jobs[0].load\": no case \"Three files\""),
            "{wrong}"
        );
        let open = ["cases", "open", "Three files", "--examiner", "R. Vance"];
        bed.nexus_ok(&open).await;
        let missing = bed.nexus(&["workflows", "submit", &asked]).await;
        assert_eq!(code(&missing), 2, "{}", said(&missing));
        for (seed, month) in ["january", "february", "march"].iter().enumerate() {
            let (csv, _) = generated(50, u64::try_from(seed).unwrap() + 1, 0);
            bed.data_file(&format!("{month}.csv"), csv);
        }
        bed.nexus_ok(&["workflows", "submit", &asked]).await;
        let again = bed.nexus_ok(&["workflows", "submit", &asked]).await;
        assert_eq!(again, "workflow 1 has this key\n");
        // Submitted twice, the files are loaded once.
        assert_eq!(bed.count("datasets", "true").await, 3);
        let ended = bed.nexus_ok(&["workflows", "wait", "1"]).await;
        assert!(ended.ends_with(": 4 of 4 jobs completed\n"), "{ended}");
        let shown = json(bed, &["workflows", "show", "1"]).await;
        for node in &shown["nodes"].as_array().unwrap()[..3] {
            let owned = format!("job_id = {} AND state = 'loaded'", node["job_id"]);
            assert_eq!(bed.count("dataset_loads", &owned).await, 1, "{node}");
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_the_callers_mistake() {
    in_bed(async |bed| {
        let circle = r#"{"name": "w", "jobs": [
            {"name": "a", "after": ["b"], "enqueue": {"kind": "noop"}},
            {"name": "b", "after": ["a"], "enqueue": {"kind": "noop"}}]}"#;
        for (args, exit, told) in [
            (
                &["workflows", "submit", "{"][..],
                2,
                "the workflow: not JSON",
            ),
            (&["workflows", "submit", "@missing.json"], 2, "missing.json"),
            (
                &["workflows", "submit", "{\"name\": \"w\"}"],
                2,
                "missing field `jobs`",
            ),
            (
                &["workflows", "submit", circle],
                2,
                "\"a\" after \"b\" after \"a\"",
            ),
            (&["workflows", "show", "404"], 3, "no workflow 404"),
            (&["workflows", "wait", "404"], 3, "no workflow 404"),
            (&["workflows", "cancel", "404"], 3, "no workflow 404"),
            (&["workflows", "retry", "404"], 3, "no workflow 404"),
            (
                &["workflows", "list", "--state", "done"],
                2,
                "running, completed, failed, cancelled",
            ),
        ] {
            let output = bed.nexus(args).await;
            assert_eq!(code(&output), exit, "{args:?}: {}", said(&output));
            assert!(said(&output).contains(told), "{args:?}: {}", said(&output));
        }
    })
    .await;
}

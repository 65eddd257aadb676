//! `nexus migrate`, on a database that nobody migrated.

use std::path::Path;

use nexus_tests::{TestBed, bounded, in_bed};

use super::{code, json, said, words};

/// The migrations of the repository, in order.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The version in a migration's name, as the database keeps it.
fn version(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

/// The versions that a command says it ran, or reverted.
fn versions(text: &str, what: &str) -> Vec<String> {
    let lines = text.lines();
    lines
        .map(|line| version(line.strip_prefix(what).unwrap_or_else(|| panic!("{text}"))))
        .collect()
}

/// Each migration's state, as `--status` prints it.
async fn states(bed: &TestBed) -> Vec<(String, String)> {
    let text = bed.nexus_ok(&["migrate", "--status"]).await;
    let lines = words(&text);
    assert_eq!(lines[0], ["MIGRATION", "STATE"]);
    let states = lines[1..].iter();
    states
        .map(|line| (line[0].to_owned(), line[1].to_owned()))
        .collect()
}

#[tokio::test]
async fn a_fresh_database_is_migrated_reverted_and_migrated_again() {
    bounded(async {
        let bed = TestBed::unmigrated().await;
        let all = migrations();
        let in_state = |state: &str| -> Vec<(String, String)> {
            all.iter()
                .map(|name| (name.clone(), state.to_owned()))
                .collect()
        };
        assert_eq!(states(&bed).await, in_state("pending"));
        let ran = bed.nexus_ok(&["migrate"]).await;
        let every: Vec<String> = all.iter().map(|name| version(name)).collect();
        assert_eq!(versions(&ran, "ran "), every);
        assert_eq!(states(&bed).await, in_state("applied"));
        let nothing = bed.nexus_ok(&["migrate"]).await;
        assert_eq!(nothing, "the database is up to date\n");
        assert_eq!(json(&bed, &["migrate"]).await["ran"], serde_json::json!([]));

        let newest = all.last().unwrap();
        let reverted = bed.nexus_ok(&["migrate", "--revert"]).await;
        assert_eq!(versions(&reverted, "reverted "), [version(newest)]);
        let mut expected = in_state("applied");
        expected.last_mut().unwrap().1 = "pending".to_owned();
        assert_eq!(states(&bed).await, expected);
        let ran = bed.nexus_ok(&["migrate"]).await;
        assert_eq!(versions(&ran, "ran "), [version(newest)]);
        let status = json(&bed, &["migrate", "--status"]).await;
        let status = status.as_array().unwrap();
        assert!(
            status.iter().all(|one| one["applied"] == true),
            "{status:?}"
        );
        bed.nexus_ok(&["enqueue", "noop"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_migrated_says_what_to_do() {
    bounded(async {
        let bed = TestBed::unmigrated().await;
        for command in [
            &["jobs", "list"][..],
            &["enqueue", "noop"],
            &["queues"],
            &["cases", "list"],
            &["datasets", "show", "1"],
        ] {
            let output = bed.nexus(command).await;
            let said = said(&output);
            assert_eq!(code(&output), 1, "{command:?}: {said}");
            assert!(
                said.contains("hint: run `nexus migrate`"),
                "{command:?}: {said}"
            );
            assert!(output.stdout.is_empty());
        }
    })
    .await;
}

/// Takes back migrations down to one, which is taken back too.
async fn revert_to(bed: &TestBed, name: &str) {
    let all = migrations();
    let from = all.iter().position(|one| one.ends_with(name)).unwrap();
    for _ in from..all.len() {
        bed.nexus_ok(&["migrate", "--revert"]).await;
    }
}

#[tokio::test]
async fn datasets_of_one_file_become_loads_and_back() {
    in_bed(async |bed| {
        let case = bed.open_case().await;
        revert_to(bed, "_ingest").await;
        // Loaded twice, half loaded, waiting.
        bed.execute(&format!(
            "INSERT INTO nexus.datasets (tenant_id, case_id, name, type, state, source, \
             profile_name, profile, sha256, bytes, rows_read, rows_loaded, job_id, created_by) \
             SELECT 1, {case}, 'd', 'expenses', state, '/f', 'p', 't', \
             CASE state WHEN 'loaded' THEN 'abc' END, 9, 10, 10, 7 + n, 'test' \
             FROM unnest(ARRAY['loaded', 'loaded', 'loading', 'pending']) WITH ORDINALITY AS s(state, n); \
             INSERT INTO nexus.jobs (id, tenant_id, kind, queue, band, state, due_at, attempts_max, \
             args, created_by) SELECT job_id, 1, 'process_dataset', 'datasets', 2, 'available', \
             now(), 5, json_build_object('dataset_id', id), 'test' FROM nexus.datasets"
        ))
        .await;
        bed.nexus_ok(&["migrate"]).await;
        for (condition, loads) in [
            ("l.id > 0 AND d.rows_read = CASE d.state WHEN 'loaded' THEN 10 ELSE 0 END", 4),
            ("l.state = d.state AND l.rows_read = 10 AND l.source = '/f'", 4),
            ("l.forced", 1),
            ("l.rows_before = 0", 3),
        ] {
            let both = "nexus.dataset_loads AS l JOIN nexus.datasets AS d ON d.id = l.dataset_id";
            assert_eq!(bed.count_in(both, condition).await, loads, "{condition}");
        }
        let named = "nexus.jobs AS j JOIN nexus.dataset_loads AS l ON l.job_id = j.id \
                     AND l.id = (j.args ->> 'load_id')::bigint";
        assert_eq!(bed.count_in(named, "true").await, 4);
        revert_to(bed, "_ingest").await;
        let whole = "source = '/f' AND rows_read = 10 AND job_id > 0 AND profile = 't'";
        assert_eq!(bed.count("datasets", whole).await, 4);
        assert_eq!(bed.count("jobs", "args ->> 'load_id' IS NULL").await, 4);
    })
    .await;
}

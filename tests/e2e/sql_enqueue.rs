//! `nexus.enqueue` and `nexus.enqueue_many`: what a service in any language calls, here by psql.

use std::process::Output;

use diesel_async::RunQueryDsl;
use nexus_config::Settings;
use nexus_jobs::JobId;
use nexus_jobs::kinds::BUILT_IN;
use nexus_schema::ledger;
use nexus_tests::tasks::Task;
use nexus_tests::{TestBed, WorkerRun, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use serde_json::json;
use tokio::process::Command;

/// Runs statements in psql as the application, stopping at the first error.
async fn psql(bed: &TestBed, statements: &str) -> Output {
    let url = bed.settings().postgres.app_url.expose();
    Command::new("psql")
        .args(["-XqtA", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"])
        .args(["-c", statements, url])
        .output()
        .await
        .unwrap()
}

async fn said(bed: &TestBed, statements: &str) -> String {
    let output = psql(bed, statements).await;
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{statements}: {wrong}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_job_of_psql_runs_with_its_kinds_defaults() {
    in_bed(async |bed| {
        let registry = Registry::new().with::<Task, _>(|task: Task, _: Context| async move {
            Ok(Outcome::Done(Some(json!({ "n": task.n }))))
        });
        let (_relay, worker) = (bed.relay(), WorkerRun::with(bed, bed.transport(), registry));
        let id = said(bed, r#"SELECT nexus.enqueue('test.task', '{"n": 7}')"#).await;
        let end = bed.end_of(id.parse().unwrap()).await;
        assert_eq!(end.job.result, Some(json!({ "n": 7 })));
        assert_eq!(end.job.created_by, "sql:nexus_app");
        assert_eq!((&*end.job.queue, end.job.attempts_max), ("default", 5));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn kinds_and_rules_are_those_that_were_recorded() {
    in_bed(async |bed| {
        let mut conn = bed.conn().await;
        let mut settings = Settings::defaults();
        settings.enqueue.batch_max = 2;
        settings.retry.attempts = 9;
        ledger::record_rules(&mut conn, &settings.enqueue, &settings.retry)
            .await
            .unwrap();
        ledger::record_kinds(&mut conn, &BUILT_IN, &settings.kinds)
            .await.unwrap();
        let load = r#"[{"kind": "process_dataset"}, {"kind": "process_dataset", "queue": "q", "band": "low"}]"#;
        said(bed, &format!("SELECT FROM nexus.enqueue_many('{load}')")).await;
        let first = bed.job(JobId(1)).await.job;
        assert_eq!((&*first.queue, first.band, first.attempts_max), ("datasets", 2, 9));
        let second = bed.job(JobId(2)).await.job;
        assert_eq!((&*second.queue, second.band), ("q", 3));
        assert_eq!(bed.count("dispatch", "cardinality(job_ids) = 1").await, 2);
        let three = r#"SELECT FROM nexus.enqueue_many('[{"kind": "a"}, {"kind": "a"}, {"kind": "a"}]')"#;
        let refused = psql(bed, three).await;
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(text.contains("NX010: jobs: 3 jobs in one call"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn every_option_reaches_the_job() {
    in_bed(async |bed| {
        let options = json!({
            "queue": "special", "band": "high", "tenant": 1, "delay": "2 h", "expires_in": "3 h",
            "attempts": 7, "timeout": "90 s", "backoff": {"strategy": "fixed", "wait_ms": 500},
            "tags": ["a b", "c,\"d\\"], "order_key": "o", "limit_key": "l",
            "unique": {"by": ["n"], "for": "1 h", "states": ["completed"], "on_conflict": "reject"},
        });
        let call = format!("SELECT nexus.enqueue('own.kind', '{{\"n\": 1}}', $${options}$$)");
        let id: JobId = said(bed, &call).await.parse().unwrap();
        let job = bed.job(id).await.job;
        assert_eq!((&*job.queue, job.band, job.attempts_max), ("special", 1, 7));
        assert_eq!((&*job.state, job.timeout_ms), ("scheduled", Some(90_000)));
        assert_eq!(job.tags.unwrap(), ["a b", "c,\"d\\"]);
        assert_eq!(job.order_key.as_deref(), Some("o"));
        assert_eq!(job.limit_key.as_deref(), Some("l"));
        assert_eq!(job.backoff, Some(options["backoff"].clone()));
        assert_eq!((job.due_at - job.created_at).num_minutes(), 120);
        assert_eq!(
            (job.expires_at.unwrap() - job.created_at).num_minutes(),
            180
        );
        let kept = "outlives AND until - now() BETWEEN interval '59 min' AND interval '1 h'";
        assert_eq!(bed.count("reservations", kept).await, 1);
        let at =
            r#"SELECT nexus.enqueue('noop', options => '{"at": "2099-01-01T01:00:00+01:00"}')"#;
        let id: JobId = said(bed, at).await.parse().unwrap();
        assert_eq!(
            bed.job(id).await.job.due_at.to_rfc3339(),
            "2099-01-01T00:00:00+00:00"
        );
    })
    .await;
}

#[tokio::test]
async fn it_takes_part_in_the_callers_transaction() {
    in_bed(async |bed| {
        said(bed, "BEGIN; SELECT nexus.enqueue('noop'); ROLLBACK").await;
        assert_eq!(bed.count("jobs", "true").await, 0);
        said(bed, "BEGIN; SELECT nexus.enqueue('noop'); COMMIT").await;
        assert_eq!(bed.count("jobs", "true").await, 1);
        assert_eq!(bed.count("dispatch", "true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn rust_and_sql_agree_on_keys_and_conflicts_are_told_by_index() {
    in_bed(async |bed| {
        let args = serde_json::value::RawValue::from_string(r#"{"b":2, "a" : 1}"#.to_owned());
        let job = nexus_jobs::NewJob::raw("noop", args.unwrap()).unwrap();
        let unique = nexus_jobs::Unique::by(["a"]);
        let there = bed.enqueue(&[job.unique(unique)]).await[0];
        let many = r#"SELECT index, id, outcome FROM nexus.enqueue_many('[
            {"kind": "noop", "args": {"a": 1}, "unique": {"by": ["a"]}},
            {"kind": "noop", "args": {"a": 1}, "unique": {"by": ["a"], "on_conflict": "reject"}},
            {"kind": "noop", "args": {"a": 1}, "unique": {"by": ["a"], "on_conflict": "replace"}},
            {"kind": "noop", "args": {"a": 2}, "unique": true},
            {"kind": "noop"}]')"#;
        let told = said(bed, many).await;
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[..3],
            [
                format!("0|{there}|existing"),
                format!("1|{there}|rejected"),
                format!("2|{there}|replaced"),
            ]
        );
        assert!(
            lines[3].ends_with("|new") && lines[4].ends_with("|new"),
            "{told}"
        );
        let one =
            r#"SELECT nexus.enqueue('noop', '{"a": 1}', '{"unique": {"on_conflict": "reject"}}')"#;
        let refused = psql(bed, one).await;
        let text = String::from_utf8_lossy(&refused.stderr);
        let expected = format!("NX012: job {there} has the same unique key");
        assert!(text.contains(&expected), "{text}");
    })
    .await;
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one list of what is wrong, read from top to bottom"
)]
async fn what_is_wrong_is_refused_with_a_code_of_its_own_and_nothing_is_enqueued() {
    in_bed(async |bed| {
        let deep = format!("'{}{}'", "[".repeat(200), "]".repeat(200));
        let large = "to_jsonb(repeat('x', 70000))";
        for (call, words) in [
            ("'Bad Kind'", "NX010: job 0: kind \"Bad Kind\""),
            ("NULL", "NX010: job 0: kind"),
            (
                "'noop', '{}', '{\"prio\": 1}'",
                "NX010: job 0: unknown option \"prio\"",
            ),
            ("'noop', '{}', '{\"kind\": \"x\"}'", "NX010: options"),
            ("'noop', '{}', '[]'", "NX010: options"),
            (
                "'noop', '{}', '{\"queue\": \"A B\"}'",
                "NX010: job 0 (noop): queue name",
            ),
            (
                "'noop', '{}', '{\"band\": \"top\"}'",
                "NX010: job 0 (noop): no band",
            ),
            ("'noop', '{}', '{\"tenant\": 77}'", "NX011: no tenant 77"),
            (
                "'noop', '{}', '{\"tenant\": 0}'",
                "tenant must be a whole number",
            ),
            (
                "'noop', '{}', '{\"delay\": \"soon\"}'",
                "delay must be an interval",
            ),
            (
                "'noop', '{}', '{\"delay\": 5}'",
                "delay must be an interval",
            ),
            ("'noop', '{}', '{\"delay\": \"-5 min\"}'", "not below zero"),
            (
                "'noop', '{}', '{\"delay\": \"999999 years\"}'",
                "at most 100 years",
            ),
            (
                "'noop', '{}', '{\"at\": \"infinity\"}'",
                "at must be a time",
            ),
            (
                "'noop', '{}', '{\"at\": \"2030-02-30\"}'",
                "at must be a time",
            ),
            (
                "'noop', '{}', '{\"at\": \"2030-01-01\", \"delay\": \"1 s\"}'",
                "not both",
            ),
            (
                "'noop', '{}', '{\"delay\": \"2 h\", \"expires_in\": \"1 h\"}'",
                "deadline",
            ),
            (
                "'noop', '{}', '{\"attempts\": 0}'",
                "attempts must be a whole number",
            ),
            (
                "'noop', '{}', '{\"attempts\": 1.5}'",
                "attempts must be a whole number",
            ),
            ("'noop', '{}', '{\"attempts\": 40000}'", "32767"),
            (
                "'noop', '{}', '{\"timeout\": \"0 s\"}'",
                "timeout must be an interval",
            ),
            ("'noop', '{}', '{\"tags\": [\"\"]}'", "tags must be a list"),
            ("'noop', '{}', '{\"tags\": \"a\"}'", "tags must be a list"),
            ("'noop', '{}', '{\"tags\": [1]}'", "tags must be a list"),
            (
                "'noop', '{}', '{\"order_key\": \"a\\nb\"}'",
                "order_key must be text",
            ),
            (
                "'noop', '{}', '{\"backoff\": \"fixed\"}'",
                "backoff must be an object",
            ),
            (
                "'noop', '{}', '{\"unique\": {\"per\": 1}}'",
                "unique: unknown option \"per\"",
            ),
            (
                "'noop', '{}', '{\"unique\": {\"by\": [\"typo\"]}}'",
                "none of the fields",
            ),
            (
                "'noop', '{}', '{\"unique\": {\"states\": [\"done\"]}}'",
                "states must be among",
            ),
            (
                "'noop', '{}', '{\"unique\": {\"states\": [\"completed\"]}}'",
                "needs \"for\"",
            ),
            (
                "'noop', '{}', '{\"unique\": {\"on_conflict\": \"merge\"}}'",
                "on_conflict must be",
            ),
            ("'noop', '{\"a\": 1e999}'", "64-bit floats"),
            (&*format!("'noop', {deep}"), "nested"),
            (&*format!("'noop', {large}"), "70002 bytes of arguments"),
        ] {
            let refused = psql(bed, &format!("SELECT nexus.enqueue({call})")).await;
            let text = String::from_utf8_lossy(&refused.stderr);
            assert!(text.contains(words), "{call}: {text}");
            assert!(text.contains("ERROR:  NX01"), "{call}: {text}");
        }
        let second =
            r#"SELECT nexus.enqueue_many('[{"kind": "noop"}, {"kind": "noop", "band": 1}]')"#;
        let refused = psql(bed, second).await;
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(text.contains("NX010: job 1 (noop): band"), "{text}");
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

/// A role that may call the functions needs no right to any table, and may do nothing else.
#[tokio::test]
async fn a_role_that_only_enqueues_needs_no_table() {
    in_bed(async |bed| {
        let role = format!("only_{}", bed.settings().redis.prefix);
        bed.execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA nexus TO {role}; \
             GRANT EXECUTE ON FUNCTION nexus.enqueue(text, jsonb, jsonb), nexus.enqueue_many(jsonb) TO {role}"
        ))
        .await;
        let mut conn = bed.conn_as(&role).await;
        let enqueue = r#"SELECT nexus.enqueue('noop', '{}', '{"unique": true, "order_key": "k"}')"#;
        diesel::sql_query(enqueue).execute(&mut conn).await.unwrap();
        let refused = diesel::sql_query("SELECT FROM nexus.jobs").execute(&mut conn).await;
        assert!(refused.unwrap_err().to_string().contains("permission denied"));
        let by = format!("created_by = 'sql:{role}'");
        assert_eq!(bed.count("jobs", &by).await, 1);
        drop(conn);
        bed.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
        // The loader was granted nothing.
        let mut conn = bed.conn_as("nexus_loader").await;
        let refused = diesel::sql_query(enqueue).execute(&mut conn).await;
        assert!(refused.unwrap_err().to_string().contains("permission denied"));
    })
    .await;
}

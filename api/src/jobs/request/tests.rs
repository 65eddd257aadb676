use axum::response::IntoResponse;
use nexus_jobs::{Band, Due, TenantId, Weight};
use proptest::prelude::*;

use super::*;

/// What a body is answered: its status and its message.
fn refused(body: &str) -> (u16, String) {
    let error = read(body.as_bytes(), 3).unwrap_err();
    let text = format!("{error:?}");
    (error.into_response().status().as_u16(), text)
}

fn one(body: &str) -> NewJob {
    let mut jobs = read(body.as_bytes(), 3).unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

#[test]
fn a_built_in_kind_brings_its_defaults() {
    let job = one(r#"{"kind": "process_dataset", "args": {"dataset_id": 7, "load_id": 8}}"#);
    assert_eq!(
        (job.queue.as_str(), job.weight),
        ("datasets", Weight::Heavy)
    );
    assert_eq!(job.args.get(), r#"{"dataset_id": 7, "load_id": 8}"#);
    assert_eq!((job.tenant, job.due), (TenantId::DEFAULT, Due::Now));
}

#[test]
fn what_the_caller_says_wins() {
    let job = one(
        r#"{"kind": "noop", "queue": "q", "band": "high", "delay": "5m", "attempts": 3,
            "timeout": "1h", "tags": ["a"], "tenant_id": 2}"#,
    );
    assert_eq!((job.queue.as_str(), job.band), ("q", Band::High));
    assert_eq!(job.due, Due::In(std::time::Duration::from_mins(5)));
    assert_eq!(
        (job.attempts, job.tenant.0, job.tags.len()),
        (Some(3), 2, 1)
    );
    assert_eq!(job.args.get(), "{}");
}

#[test]
fn a_time_is_read_with_its_offset() {
    let job = one(r#"{"kind": "noop", "at": "2030-01-01T01:00:00+01:00"}"#);
    assert_eq!(job.due, Due::At("2030-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn an_error_names_index_and_field() {
    for (body, expected) in [
        (
            r#"[{"kind": "noop"}, {"kind": "noop", "queue": "A B"}]"#,
            r#"job 1, field \"queue\""#,
        ),
        (
            r#"[{"kind": "noop", "attempts": "x"}]"#,
            r#"job 0, field \"attempts\": invalid type"#,
        ),
        (r#"[{"kind": "noop"}, 5]"#, "job 1, "),
        (r#"{"kind": "Bad Kind"}"#, r#"field \"kind\""#),
        (
            r#"{"kind": "process_dataset"}"#,
            r#"field \"args\": missing field `dataset_id`"#,
        ),
        (r#"{"kind": "noop", "delay": "5"}"#, r#"field \"delay\""#),
        (
            r#"{"kind": "noop", "delay": "5m", "at": "2030-01-01T00:00:00Z"}"#,
            "not both",
        ),
        (r#"{"kind": "noop", "band": "urgent"}"#, r#"field \"band\""#),
        (
            r#"{"kind": "noop", "attempts": 0}"#,
            r#"field \"attempts\""#,
        ),
        (r#"{"kind": "noop", "tags": ["a", "b\u0000"]}"#, "tag 1"),
        (
            r#"{"kind": "noop", "tenant_id": 0}"#,
            r#"field \"tenant_id\""#,
        ),
        (r#"{"kind": "noop", "prio": 1}"#, "unknown field `prio`"),
        ("{}", "missing field `kind`"),
    ] {
        let (status, text) = refused(body);
        assert_eq!(status, 422, "{body}");
        assert!(text.contains(expected), "{body}: {text}");
    }
}

#[test]
fn an_array_is_bounded_and_no_json_is_400() {
    assert_eq!(refused("[]").0, 422);
    let four = format!("[{}]", [r#"{"kind":"noop"}"#; 4].join(","));
    assert_eq!(refused(&four).0, 422);
    for body in ["", "{", "[{]", r#"{"kind": "noop"} x"#, "\u{0}"] {
        assert_eq!(refused(body).0, 400, "{body}");
    }
}

#[test]
fn of_many_wrong_jobs_the_first_are_told() {
    let body = format!("[{}]", ["{}"; 7].join(","));
    let error = read(body.as_bytes(), 10).unwrap_err();
    assert!(format!("{error:?}").contains("2 more jobs are wrong"));
}

proptest! {
    #[test]
    fn no_body_panics(body in ".*") {
        let _ = read(body.as_bytes(), 3);
    }

    #[test]
    fn arguments_are_kept_verbatim(n in any::<i64>(), spaces in " {0,3}") {
        let args = format!("{{{spaces}\"n\":{spaces}{n}}}");
        let job = one(&format!(r#"{{"kind": "own", "args": {args}}}"#));
        prop_assert_eq!(job.args.get(), args);
    }
}

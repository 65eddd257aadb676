use nexus_jobs::{Band, Due, TenantId};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn allowed() -> Requests {
    let mut requests = nexus_config::Settings::defaults().requests;
    requests.kinds = vec!["noop".to_owned(), "send_letter".to_owned()];
    requests.tenants = vec![1, 2];
    requests
}

fn read(headers: &[(&str, &str)], payload: &str) -> Result<Arrival, Refusal> {
    let headers: Vec<(String, Vec<u8>)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    let message = Message {
        headers: &headers,
        payload: Some(payload.as_bytes()),
    };
    message.arrival(&allowed())
}

fn refused(headers: &[(&str, &str)], payload: &str) -> (Reason, String) {
    let refusal = read(headers, payload).unwrap_err();
    (refusal.reason, refusal.wrong)
}

#[test]
fn an_envelope_is_what_the_api_takes_with_source_and_id() {
    let told = r#"{"source": "billing", "id": "invoice 7", "kind": "send_letter",
        "args": {"to":  1.10}, "band": "high", "delay": "5m", "tenant_id": 2,
        "metadata": {"traceparent": "00-a", "nul": "a\u0000"}}"#;
    let arrived = read(&[], told).unwrap();
    assert_eq!(arrived.source, "requests:billing");
    assert_eq!(arrived.source_id, "invoice 7");
    let metadata = json!({"traceparent": "00-a", "nul": "a\u{fffd}"});
    assert_eq!(arrived.metadata, Some(metadata));
    let job = arrived.job;
    assert_eq!(
        (job.kind.as_str(), job.args.get()),
        ("send_letter", r#"{"to":  1.10}"#)
    );
    assert_eq!((job.band, job.tenant), (Band::High, TenantId(2)));
    assert_eq!(job.due, Due::In(std::time::Duration::from_mins(5)));
}

#[test]
fn a_structured_event_says_its_kind_by_its_type_or_in_its_data() {
    let by_type = r#"{"specversion": "1.0", "source": "/billing", "id": "7", "subject": "a",
        "type": "nexus.request.send_letter", "datacontenttype": "application/json",
        "time": "2030-01-01T00:00:00Z", "data": {"to": "a"}}"#;
    let arrived = read(&[("content-type", "application/cloudevents+json")], by_type).unwrap();
    assert_eq!(arrived.job.kind, "send_letter");
    assert_eq!(arrived.job.args.get(), r#"{"to": "a"}"#);
    let metadata = json!({"subject": "a", "time": "2030-01-01T00:00:00Z"});
    assert_eq!(arrived.metadata, Some(metadata));

    let in_data = r#"{"specversion": "1.0", "source": "/billing", "id": "7",
        "type": "nexus.request", "data": {"kind": "noop", "order_key": "a"}}"#;
    let same = read(&[], in_data).unwrap();
    assert_eq!(same.job.order_key.as_deref(), Some("a"));
    assert_eq!(same.key, arrived.key, "one source, one id");
    assert_eq!(same.metadata, None);
}

#[test]
fn a_binary_event_has_its_attributes_in_headers() {
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", "7"),
        ("ce_source", "/billing"),
        ("ce_type", "nexus.request.noop"),
        ("ce_traceparent", "00-a"),
        ("content-type", "application/json"),
    ];
    let arrived = read(&headers, r#"{"padding": "x"}"#).unwrap();
    assert_eq!(arrived.job.args.get(), r#"{"padding": "x"}"#);
    assert_eq!(arrived.metadata, Some(json!({"traceparent": "00-a"})));
    assert_eq!(read(&headers, "").unwrap().job.args.get(), "{}");
}

#[test]
fn what_is_not_taken_says_why() {
    let named = |rest: &str| format!(r#"{{"source": "a", "id": "b", {rest}}}"#);
    for (payload, reason, word) in [
        ("{".to_owned(), Reason::Unreadable, "no JSON"),
        ("[]".to_owned(), Reason::Unreadable, "no JSON object"),
        (String::new(), Reason::Unreadable, "no JSON"),
        (r#"{"kind": "noop"}"#.to_owned(), Reason::Unnamed, "source"),
        (
            r#"{"source": "a", "id": 7, "kind": "noop"}"#.to_owned(),
            Reason::Unnamed,
            "id",
        ),
        (
            named(r#""kind": "process_dataset", "args": {"dataset_id": 1, "load_id": 1}"#),
            Reason::Kind,
            "process_dataset",
        ),
        (
            named(r#""kind": "noop", "tenant_id": 3"#),
            Reason::Tenant,
            "tenant 3",
        ),
        (
            named(r#""kind": "noop", "args": {"padding": 7}"#),
            Reason::Job,
            "args",
        ),
        (
            named(r#""kind": "noop", "priority": 7"#),
            Reason::Job,
            "priority",
        ),
        (
            named(r#""kind": "noop", "metadata": 7"#),
            Reason::Job,
            "metadata",
        ),
        (
            named(r#""specversion": "0.3", "type": "nexus.request""#),
            Reason::Unreadable,
            "0.3",
        ),
        (
            named(r#""specversion": "1.0", "type": "other""#),
            Reason::Unreadable,
            "other",
        ),
        (
            named(r#""specversion": "1.0", "type": "nexus.request", "data_base64": "e30=""#),
            Reason::Unreadable,
            "binary",
        ),
    ] {
        let (why, wrong) = refused(&[], &payload);
        assert_eq!(why, reason, "{payload}: {wrong}");
        assert!(wrong.contains(word), "{payload}: {wrong}");
    }
    let control = r#"{"source": "a\u0000", "id": "b", "kind": "noop"}"#;
    assert_eq!(refused(&[], control).0, Reason::Unnamed);
}

proptest! {
    #[test]
    fn no_record_panics(
        headers in prop::collection::vec(("(ce_)?[a-z]{0,11}", prop::collection::vec(any::<u8>(), 0..20)), 0..6),
        payload in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        let message = Message { headers: &headers, payload: payload.as_deref() };
        let _ = message.arrival(&allowed());
    }

    #[test]
    fn no_object_panics(fields in prop::collection::btree_map(
        "specversion|source|id|type|data|kind|args|metadata|at|delay|[a-z]{1,8}",
        prop_oneof![Just(json!("1.0")), Just(json!("nexus.request.noop")), Just(json!({"kind": "noop"})),
                    Just(json!("noop")), any::<i64>().prop_map(|n| json!(n)), Just(Value::Null)], 0..8))
    {
        let payload = json!(fields).to_string();
        let message = Message { headers: &[], payload: Some(payload.as_bytes()) };
        if let Ok(arrived) = message.arrival(&allowed()) {
            prop_assert!(allowed().kinds.contains(&arrived.job.kind));
            prop_assert!(arrived.key.len() <= 400);
        }
    }
}

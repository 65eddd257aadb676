use proptest::prelude::*;

use super::*;

fn completed() -> Event {
    Event {
        id: "7.1.completed".to_owned(),
        source: OWN_SOURCE.to_owned(),
        event_type: "job.completed".to_owned(),
        subject: Some("7".to_owned()),
        time: DateTime::from_timestamp(1_800_000_000, 123_456_000),
        job: Some(JobId(7)),
        tenant: TenantId(1),
        kind: Some("noop".to_owned()),
        depth: 2,
        data: json!({ "result": { "rows": 3 } }),
    }
}

#[test]
fn a_cloud_event_and_back() {
    let event = completed();
    let json = event.cloud_event();
    assert_eq!(json["specversion"], "1.0");
    assert_eq!(json["time"], "2027-01-15T08:00:00.123456Z");
    // Attribute names of CloudEvents have lower-case letters and digits only.
    for name in json.as_object().unwrap().keys() {
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
    }
    assert_eq!(Event::from_cloud_event(&json), Ok(event));
}

#[test]
fn what_others_sent_needs_no_word_of_ours() {
    let theirs = json!({ "specversion": "1.0", "id": "a", "source": "/bank", "type": "paid" });
    let event = Event::from_cloud_event(&theirs).unwrap();
    assert_eq!(
        (event.job, event.depth, event.tenant),
        (None, 0, TenantId::DEFAULT)
    );
    for (name, wrong) in [
        ("id", json!("")),
        ("source", json!(1)),
        ("type", json!(null)),
        ("specversion", json!("0.3")),
        ("time", json!("yesterday")),
        ("id", json!("a\0b")),
        ("source", json!("s".repeat(SOURCE_BYTES_MAX + 1))),
    ] {
        let mut theirs = theirs.clone();
        theirs[name] = wrong;
        assert!(Event::from_cloud_event(&theirs).is_err(), "{name}");
    }
}

#[test]
fn types_and_states_are_told_apart() {
    for change in Change::ALL {
        assert_eq!(Change::of_type(change.event_type()), Some(change));
    }
    assert_eq!(Change::of_type("dataset.loaded"), None);
    assert!(check_emitted_type("dataset.loaded").is_ok());
    for wrong in ["job.completed", "", "Dataset", "a b", "*"] {
        assert!(check_emitted_type(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_emitted_is_bounded() {
    let event = Emitted::new("a.b", json!("four"));
    assert_eq!(event.check(6), Ok(()));
    assert!(event.check(5).unwrap_err().contains("6 bytes"));
    assert!(event.clone().id("").check(6).is_err());
    assert!(event.clone().subject("a\nb").check(6).is_err());
    assert!(Emitted::new("a", json!("\0")).check(100).is_err());
}

proptest! {
    #[test]
    fn an_id_and_back(job in 0_i64.., run in 0_i32.., nth in 0..Change::ALL.len()) {
        let id = ChangeId { job: JobId(job), run, change: Change::ALL[nth] };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = text.parse::<ChangeId>();
        let _ = Event::from_cloud_event(&json!({ "specversion": "1.0", "time": text }));
    }
}

use super::*;
use crate::id::TenantId;
use crate::lane::Band;

/// What a template becomes at a tick in Berlin.
fn filled(template: &str, tick: &str) -> Value {
    let schedule = schedule(json!({
        "cron": "* * * * *", "zone": "Europe/Berlin",
        "enqueue": { "kind": "report", "args": { "a": template } },
    }));
    let args = schedule.job(utc(tick)).unwrap().args;
    serde_json::from_str::<Value>(args.get()).unwrap()["a"].clone()
}

#[test]
fn templates_speak_of_the_tick_on_local_clocks() {
    // 00:30 on Monday in Berlin.
    let at = |template| filled(template, "2026-11-22T23:30:00Z");
    assert_eq!(at("{{ scheduled_at }}"), "2026-11-23T00:30:00+01:00");
    assert_eq!(at("{{date}}"), "2026-11-23");
    assert_eq!(at("{{ time }}"), "00:30:00");
    assert_eq!(
        at("{{ month }}/{{ year }}/{{ week }}"),
        "2026-11/2026/2026-W48"
    );
    assert_eq!(at("{{ unix }}"), 1_795_390_200);
    assert_eq!(at("at {{ unix }}, {{ name }}"), "at 1795390200, nightly");
    assert_eq!(at("none"), "none");
}

#[test]
fn templates_count_on_the_calendar_or_on_the_clock() {
    let at = |template| filled(template, "2026-03-31T10:00:00Z");
    assert_eq!(at("{{ date - 1d }}"), "2026-03-30");
    assert_eq!(at("{{ month - 1mo }}"), "2026-02");
    assert_eq!(at("{{ date - 1mo }}"), "2026-02-28");
    assert_eq!(at("{{ date-1mo-1d }}"), "2026-02-27");
    assert_eq!(at("{{ year + 10y }}"), "2036");
    assert_eq!(at("{{ week - 1w }}"), "2026-W13");
    assert_eq!(at("{{ scheduled_at + 90m }}"), "2026-03-31T13:30:00+02:00");
    // The day before the 31st of March 2026 is a day; 48 hours before it the clocks had turned.
    assert_eq!(at("{{ time - 2d }}"), "12:00:00");
    assert_eq!(at("{{ scheduled_at - 3d }}"), "2026-03-28T12:00:00+01:00");
    assert_eq!(at("{{ scheduled_at - 72h }}"), "2026-03-28T11:00:00+01:00");
    // 02:30 of the day before is skipped by the clocks.
    let skipped = filled("{{ scheduled_at - 1d }}", "2026-03-30T00:30:00Z");
    assert_eq!(skipped, "2026-03-29T03:00:00+02:00");
    // Nothing away from a time that is shown twice is that same time.
    let second = filled("{{ scheduled_at + 0d }}", "2026-10-25T01:30:00Z");
    assert_eq!(second, "2026-10-25T02:30:00+01:00");
    assert_eq!(filled("{{ week }}", "2027-01-01T10:00:00Z"), "2026-W53");
}

#[test]
fn a_job_has_what_its_definition_says() {
    let full = schedule(json!({
        "cron": "@daily", "overlap": "queue_one",
        "enqueue": {
            "kind": "noop", "args": {}, "queue": "night", "band": "low", "attempts": 2,
            "timeout_ms": 1500, "tags": ["a"], "tenant_id": 7, "limit_key": "k",
            "unique_key": "of {{ date }}",
        },
    }));
    let job = full.job(utc("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(
        (job.queue.as_str(), job.band, job.tenant),
        ("night", Band::Low, TenantId(7))
    );
    assert_eq!(
        (job.attempts, job.timeout),
        (Some(2), Some(Duration::from_millis(1500)))
    );
    assert_eq!(job.unique, Some(Unique::key("of 2026-01-01")));
    assert_eq!(job.order_key.as_deref(), Some("schedule nightly"));
    assert_eq!((job.due, &*job.tags), (Due::Now, &["a".to_owned()][..]));
    assert_eq!(job.limit_key.as_deref(), Some("k"));
    let written = serde_json::to_value(&full.definition).unwrap();
    assert_eq!(
        serde_json::from_value::<Definition>(written).unwrap(),
        full.definition
    );
}

use std::time::Duration;

use serde_json::json;

use super::*;

mod oracle;
mod plans;
mod refused;
mod templates;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn schedule(definition: Value) -> Schedule {
    let definition = serde_json::from_value(definition).expect("a definition");
    Schedule::new("nightly", 1, definition).expect("a schedule")
}

fn of(cron: &str, zone: &str) -> Schedule {
    schedule(json!({ "cron": cron, "zone": zone, "enqueue": { "kind": "noop" } }))
}

/// Its ticks of a day, on the clocks of its zone.
fn shown(cron: &str, zone: &str, from: &str, through: &str) -> Vec<String> {
    let schedule = of(cron, zone);
    let ticks = schedule.ticks(utc(from), utc(through));
    ticks
        .map(|tick| schedule.local(tick).format("%H:%M:%S%:z").to_string())
        .collect()
}

#[test]
fn a_skipped_time_fires_once_after_the_gap() {
    // At 02:00 the clocks of Berlin show 03:00.
    let spring = |cron| {
        shown(
            cron,
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            "2026-03-29T02:00:00Z",
        )
    };
    assert_eq!(spring("30 2 * * *"), ["03:00:00+02:00"]);
    assert_eq!(spring("*/15 2 * * *"), ["03:00:00+02:00"]);
    assert_eq!(spring("0 2,3 * * *"), ["03:00:00+02:00"]);
    assert_eq!(
        spring("*/30 * * * *"),
        [
            "01:30:00+01:00",
            "03:00:00+02:00",
            "03:30:00+02:00",
            "04:00:00+02:00"
        ]
    );
}

#[test]
fn a_time_shown_twice_fires_once_unless_every_hour_is_allowed() {
    // At 03:00 the clocks of Berlin show 02:00 again.
    let autumn = |cron| {
        shown(
            cron,
            "Europe/Berlin",
            "2026-10-24T23:30:00Z",
            "2026-10-25T02:30:00Z",
        )
    };
    assert_eq!(autumn("30 2 * * *"), ["02:30:00+02:00"]);
    assert_eq!(autumn("0 2,3 * * *"), ["02:00:00+02:00", "03:00:00+01:00"]);
    assert_eq!(
        autumn("30 * * * *"),
        ["02:30:00+02:00", "02:30:00+01:00", "03:30:00+01:00"]
    );
    assert_eq!(autumn("30 0-23 * * *"), autumn("30 * * * *"));
}

#[test]
fn new_york_is_as_its_guide_says() {
    let spring = |cron| {
        shown(
            cron,
            "America/New_York",
            "2026-03-08T05:45:00Z",
            "2026-03-08T07:30:00Z",
        )
    };
    assert_eq!(spring("30 1 * * *"), ["01:30:00-05:00"]);
    assert_eq!(spring("30 2 * * *"), ["03:00:00-04:00"]);
    assert_eq!(
        spring("0 1,2,3 * * *"),
        ["01:00:00-05:00", "03:00:00-04:00"]
    );
    assert_eq!(
        spring("30 * * * *"),
        ["01:30:00-05:00", "03:00:00-04:00", "03:30:00-04:00"]
    );
    let autumn = |cron| {
        shown(
            cron,
            "America/New_York",
            "2026-11-01T04:00:00Z",
            "2026-11-01T08:00:00Z",
        )
    };
    assert_eq!(autumn("30 1 * * *"), ["01:30:00-04:00"]);
    assert_eq!(autumn("30 2 * * *"), ["02:30:00-05:00"]);
    assert_eq!(
        autumn("0 1,2,3 * * *"),
        ["01:00:00-04:00", "02:00:00-05:00", "03:00:00-05:00"]
    );
    assert_eq!(
        autumn("30 * * * *"),
        [
            "00:30:00-04:00",
            "01:30:00-04:00",
            "01:30:00-05:00",
            "02:30:00-05:00"
        ]
    );
}

#[test]
fn what_the_clocks_did_to_a_tick_is_told() {
    let skipped = of("30 2 * * *", "Europe/Berlin");
    let moved = utc("2026-03-29T01:00:00Z");
    let local = "2026-03-29T02:30:00".parse().unwrap();
    assert_eq!(skipped.turn(moved), Some(Turn::Moved(local)));
    assert_eq!(skipped.turn(utc("2026-03-30T00:30:00Z")), None);
    let first = utc("2026-10-25T00:30:00Z");
    assert_eq!(skipped.turn(first), Some(Turn::First { again: false }));
    let hourly = of("30 * * * *", "Europe/Berlin");
    assert_eq!(hourly.turn(first), Some(Turn::First { again: true }));
    assert_eq!(hourly.turn(utc("2026-10-25T01:30:00Z")), Some(Turn::Second));
}

#[test]
fn clocks_turn_in_strange_ways_elsewhere() {
    // Samoa had no 30 December 2011; Lord Howe moves by half an hour; Havana at midnight.
    let samoa = of("0 12 30 12 *", "Pacific/Apia");
    let tick = samoa.tick_after(utc("2011-12-01T00:00:00Z"));
    assert_eq!(tick, Some(utc("2011-12-30T10:00:00Z")));
    let half = shown(
        "*/30 * * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:00:00Z",
        "2026-04-04T15:30:00Z",
    );
    assert_eq!(half, ["01:30:00+11:00", "01:30:00+10:30", "02:00:00+10:30"]);
    let midnight = shown(
        "0 0 * * *",
        "America/Havana",
        "2026-03-07T12:00:00Z",
        "2026-03-08T12:00:00Z",
    );
    assert_eq!(midnight, ["01:00:00-04:00"]);
    // Far beyond what is likely, the rules hold on.
    let far = shown(
        "30 2 * * *",
        "Europe/Berlin",
        "2090-07-01T00:00:00Z",
        "2090-07-02T00:00:00Z",
    );
    assert_eq!(far, ["02:30:00+02:00"]);
}

#[test]
fn start_and_end_bound_the_ticks() {
    let bounded = schedule(json!({
        "cron": "0 * * * *", "enqueue": { "kind": "noop" },
        "start": "2026-01-01T12:00:00+01:00", "end": "2026-01-01T14:00:00Z",
    }));
    let (first, last) = (utc("2026-01-01T11:00:00Z"), utc("2026-01-01T13:00:00Z"));
    assert_eq!(bounded.tick_after(utc("2020-01-01T00:00:00Z")), Some(first));
    assert_eq!(bounded.tick_before(utc("2030-01-01T00:00:00Z")), Some(last));
    assert_eq!(bounded.tick_after(last), None);
    assert_eq!(
        bounded.tick_before(first - chrono::TimeDelta::nanoseconds(1)),
        None
    );
    assert_eq!(bounded.ticks(first, last).count(), 2);
    let over = bounded.check_fires(last).unwrap_err();
    assert_eq!(
        over,
        r#"cron: "0 * * * *" does not fire again before 2026-01-01 14:00:00 UTC, its end"#
    );
}

#[test]
fn no_time_is_too_far_away() {
    let daily = of("@daily", "Europe/Berlin");
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    assert_eq!(daily.tick_after(first), Some(utc("1969-12-31T23:00:00Z")));
    assert_eq!(
        (daily.tick_after(last), daily.tick_before(first)),
        (None, None)
    );
    assert_eq!(daily.tick_before(last), Some(utc("2100-12-30T23:00:00Z")));
    let past = of("0 0 0 1 3 * 2024", "UTC");
    assert_eq!(
        past.tick_before(utc("2026-01-15T00:00:00Z")),
        Some(utc("2024-03-01T00:00:00Z"))
    );
    assert!(
        past.check_fires(utc("2026-01-01T00:00:00Z"))
            .unwrap_err()
            .ends_with("never fires again")
    );
}

#[test]
fn jobs_of_one_tick_wait_equally_long_and_those_of_others_spread() {
    let jittered = schedule(json!({
        "cron": "* * * * *", "jitter_ms": 60_000, "enqueue": { "kind": "noop" },
    }));
    let waits = |schedule: &Schedule| -> Vec<Duration> {
        let ticks = schedule.ticks(utc("2026-01-01T00:00:00Z"), utc("2026-01-02T00:00:00Z"));
        ticks
            .map(|tick| match schedule.job(tick).unwrap().due {
                Due::In(wait) => wait,
                _ => Duration::ZERO,
            })
            .collect()
    };
    let spread = waits(&jittered);
    assert_eq!(spread, waits(&jittered));
    assert!(spread.iter().all(|wait| wait.as_secs() <= 60));
    for tenth in 0..10 {
        let within = |wait: &&Duration| wait.as_secs() / 6 == tenth;
        let count = spread.iter().filter(within).count();
        assert!(
            (90..200).contains(&count),
            "{count} of 1440 in tenth {tenth}"
        );
    }
}

#[test]
fn overlap_is_chosen_by_what_is_open() {
    use OverlapChoice::{CancelThenFire, Fire, Skip};
    let chosen = |overlap: Overlap| [0, 1, 2].map(|open| overlap.choose(open));
    assert_eq!(chosen(Overlap::Allow), [Fire, Fire, Fire]);
    assert_eq!(chosen(Overlap::Skip), [Fire, Skip, Skip]);
    assert_eq!(chosen(Overlap::QueueOne), [Fire, Fire, Skip]);
    assert_eq!(
        chosen(Overlap::CancelRunning),
        [Fire, CancelThenFire, CancelThenFire]
    );
}

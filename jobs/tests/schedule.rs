//! Schedules against tables that an independent implementation wrote: `scripts/dst-tables`.

#![expect(clippy::expect_used, reason = "a test that cannot begin may panic")]

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use nexus_jobs::schedule::Schedule;
use serde_json::json;
use sha2::{Digest, Sha256};

fn schedule(cron: &str, zone: &str) -> Schedule {
    let definition = json!({ "cron": cron, "zone": zone, "enqueue": { "kind": "noop" } });
    let definition = serde_json::from_value(definition).expect("a definition");
    Schedule::new("s", 1, definition).expect("a schedule")
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Every firing of ten years, and each one near a change of the clocks, in two zones.
#[test]
fn daylight_saving_is_as_the_independent_tables_say() {
    let tables = [
        ("Europe/Berlin", include_str!("schedule/europe_berlin.txt")),
        (
            "America/New_York",
            include_str!("schedule/america_new_york.txt"),
        ),
    ];
    for (zone, table) in tables {
        let (all, near) = table.split_once("\n\n").expect("two parts");
        for line in all.lines() {
            let cron = line.split('\t').next().expect("an expression");
            assert_eq!(ten_years(cron, zone), line, "{zone}");
        }
        assert_eq!(near.lines().count(), 20 * all.lines().count(), "{zone}");
        for line in near.lines() {
            let mut parts = line.split('\t');
            let (Some(change), Some(cron)) = (parts.next(), parts.next()) else {
                panic!("{line:?}");
            };
            assert_eq!(near_change(change, cron, zone), line, "{zone}");
        }
    }
}

fn ten_years(cron: &str, zone: &str) -> String {
    let (first, until) = (utc("2024-01-01T00:00:00Z"), utc("2034-01-01T00:00:00Z"));
    let second = TimeDelta::seconds(1);
    let (mut count, mut hash) = (0, Sha256::new());
    for tick in schedule(cron, zone).ticks(first - second, until - second) {
        count += 1;
        hash.update(format!("{}\n", tick.timestamp()));
    }
    let digest = hash
        .finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a text grows");
            text
        });
    format!("{cron}\t{count}\t{digest}")
}

fn near_change(change: &str, cron: &str, zone: &str) -> String {
    let (margin, second) = (TimeDelta::days(2), TimeDelta::seconds(1));
    let at = utc(change);
    let schedule = schedule(cron, zone);
    let ticks = schedule.ticks(at - margin - second, at + margin - second);
    let shown: Vec<String> = ticks
        .map(|tick| tick.format("%dT%H:%M:%S").to_string())
        .collect();
    format!("{change}\t{cron}\t{}", shown.join(" "))
}

/// What the fields of a crontab mean: random expressions.
#[test]
fn fields_mean_what_crontab_says() {
    let table = include_str!("schedule/crontab.txt");
    for line in table.lines() {
        let [cron, start, wanted] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?}");
        };
        let start: NaiveDateTime = start.parse().expect("a local time");
        let schedule = schedule(cron, "UTC");
        let ticks = schedule.ticks(start.and_utc(), utc("2101-01-01T00:00:00Z"));
        let shown: Vec<String> = ticks
            .take(6)
            .map(|tick| tick.format("%Y-%m-%dT%H:%M:%S").to_string())
            .collect();
        assert_eq!(shown.join(" "), wanted, "{cron} after {start}");
    }
    assert_eq!(table.lines().count(), 600);
}

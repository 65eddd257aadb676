use chrono::{NaiveTime, Timelike, Utc};
use proptest::prelude::*;

use super::*;

/// On both hemispheres; with half and quarter hours; with clocks that change at midnight
/// (Santiago, Cairo, Havana); with a day left out (Apia) and with odd seconds (Monrovia).
const ZONES: [&str; 18] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Monrovia",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
];

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// `2010-03-04 05:06:07.5` as microseconds since 2000-01-01 00:00.
fn micros(text: &str) -> i64 {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    since_2000(time)
}

fn since_2000(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros() - UNIX_SECONDS_AT_2000 * MICROS_PER_SECOND
}

fn chrono_utc(moment: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(moment + UNIX_SECONDS_AT_2000 * MICROS_PER_SECOND).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn a_time_that_occurs_twice_is_the_earlier_and_a_skipped_one_never_was() {
    let cases = [
        (
            "Europe/Berlin",
            "2024-10-27 02:30:00",
            Some("2024-10-27 00:30:00"),
        ),
        (
            "Europe/Berlin",
            "2024-10-27 03:00:00",
            Some("2024-10-27 02:00:00"),
        ),
        (
            "Europe/Berlin",
            "2024-03-31 01:59:59.999999",
            Some("2024-03-31 00:59:59.999999"),
        ),
        ("Europe/Berlin", "2024-03-31 02:00:00", None),
        ("Europe/Berlin", "2024-03-31 02:59:59.999999", None),
        (
            "Europe/Berlin",
            "2024-03-31 03:00:00",
            Some("2024-03-31 01:00:00"),
        ),
        (
            "Australia/Sydney",
            "2024-04-07 02:30:00",
            Some("2024-04-06 15:30:00"),
        ),
        ("Australia/Sydney", "2024-10-06 02:30:00", None),
        (
            "Australia/Lord_Howe",
            "2024-04-07 01:45:00",
            Some("2024-04-06 14:45:00"),
        ),
        ("Australia/Lord_Howe", "2024-10-06 02:15:00", None),
        (
            "Asia/Kolkata",
            "2024-01-01 05:30:00",
            Some("2024-01-01 00:00:00"),
        ),
        (
            "America/St_Johns",
            "1999-12-31 20:30:00",
            Some("2000-01-01 00:00:00"),
        ),
        ("Pacific/Apia", "2011-12-30 12:00:00", None),
        ("UTC", "2024-03-31 02:30:00", Some("2024-03-31 02:30:00")),
    ];
    for (name, wall, moment) in cases {
        let read = zone(name).moment(micros(wall));
        assert_eq!(read, moment.map(micros), "{name} {wall}");
    }
}

#[test]
fn a_day_begins_when_its_midnight_is_skipped_and_ends_at_its_last_microsecond() {
    let cases = [
        ("Europe/Berlin", "2024-07-01", Some("2024-06-30 22:00:00")),
        (
            "America/Santiago",
            "2024-09-08",
            Some("2024-09-08 04:00:00"),
        ),
        (
            "America/Sao_Paulo",
            "2018-11-04",
            Some("2018-11-04 03:00:00"),
        ),
        ("America/Havana", "2024-11-03", Some("2024-11-03 04:00:00")),
        ("Pacific/Apia", "2011-12-30", None),
    ];
    for (name, date, start) in cases {
        let (zone, date) = (zone(name), day(date));
        assert_eq!(zone.start_of(date), start.map(micros), "{name} {date}");
        if let Some(start) = start.map(micros) {
            assert_eq!(zone.day_of(start), Some(date), "{name}");
            assert_eq!(zone.day_of(start - 1), date.plus_days(-1), "{name}");
        }
    }
}

#[test]
fn beyond_the_calendar_there_is_nothing() {
    let berlin = zone("Europe/Berlin");
    for far in [
        i64::MIN,
        i64::MAX,
        micros("0001-01-01 00:00:00") - 86_400_000_000,
    ] {
        assert_eq!(berlin.day_of(far), None, "{far}");
        assert_ne!(berlin.moment(far), Some(far));
    }
    assert!(berlin.start_of(day("0001-01-01")).is_some());
    assert!(berlin.start_of(day("9999-12-31")).is_some());
}

#[test]
fn unknown_names_have_a_hint_where_one_is_near() {
    let message = |name: &str| name.parse::<Zone>().unwrap_err().to_string();
    for (name, hint) in [
        ("europe/berlin", "; did you mean \"Europe/Berlin\"?"),
        ("Berlin", "; did you mean \"Europe/Berlin\"?"),
        ("America/New York", "; did you mean \"America/New_York\"?"),
        ("new york", "; did you mean \"America/New_York\"?"),
        ("+01:00", ", like \"Europe/Berlin\""),
        ("", ", like \"Europe/Berlin\""),
    ] {
        let expected = format!("no time zone of the IANA database{hint}");
        assert_eq!(message(name), expected, "{name}");
    }
}

/// Every moment at which some zone shows the time on the wall, found without asking for it: no
/// clock is more than 26 hours from UTC.
fn moments_at(zone: Zone, wall: i64) -> Vec<i64> {
    let east_at = |moment: i64| {
        let offset = zone
            .0
            .offset_from_utc_datetime(&chrono_utc(moment).naive_utc());
        seconds_east(&offset) * MICROS_PER_SECOND
    };
    let quarter = 900 * MICROS_PER_SECOND;
    let mut moments: Vec<i64> = (-104..=104)
        .map(|step| wall - east_at(wall + step * quarter))
        .filter(|&moment| moment + east_at(moment) == wall)
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// Midnights and their neighbours among all other times of day.
fn times_of_day() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(86_399_999_999),
        Just(86_400_000_000 - MICROS_PER_SECOND),
        0..86_400_000_000_i64,
    ]
}

proptest! {
    #[test]
    fn agrees_with_chrono_at_any_moment(
        index in 0..ZONES.len(),
        days in -36_524_i64..=36_890, // 1900 to 2100
        time in times_of_day(),
    ) {
        let zone = zone(ZONES[index]);
        let moment = days * 86_400_000_000 + time;
        let there = chrono_utc(moment).with_timezone(&zone.0).naive_local();
        prop_assert_eq!(zone.day_of(moment), Date::try_from(there.date()).ok());
        let earliest = zone.0.from_local_datetime(&there).earliest().unwrap();
        let read = zone.moment(since_2000(there)).unwrap();
        prop_assert_eq!(read, since_2000(earliest.naive_utc()));
        prop_assert!(read <= moment);
        // On the wall, the whole day belongs to it.
        let wall = moment;
        if let Some(moment) = zone.moment(wall) {
            prop_assert_eq!(zone.day_of(moment), Date::of_micros(wall));
        }
    }
}

#[test]
fn agrees_with_the_other_direction_around_every_change_of_clocks() {
    let minutes = |n: i64| n * 60 * MICROS_PER_SECOND;
    for name in ZONES {
        let zone = zone(name);
        let local = |moment: i64| chrono_utc(moment).with_timezone(&zone.0).naive_local();
        for year in [1916, 1947, 1978, 2011, 2024, 2099] {
            let start = micros(&format!("{year}-01-01 00:00:00"));
            let hours = (0..366 * 24).map(|hour| start + minutes(60 * hour));
            let east = |moment: i64| since_2000(local(moment)) - moment;
            for change in hours.filter(|&hour| east(hour) != east(hour - minutes(60))) {
                for step in -12..=12 {
                    let wall = since_2000(local(change)) + minutes(step * 10);
                    let expected = moments_at(zone, wall).first().copied();
                    assert_eq!(zone.moment(wall), expected, "{name} {}", chrono_utc(wall));
                }
                let date = Date::of_micros(since_2000(local(change))).unwrap();
                let first = zone.start_of(date).unwrap();
                assert_eq!(zone.day_of(first), Some(date), "{name}");
                assert!(zone.day_of(first - 1) < Some(date), "{name} {date}");
                let clock = local(first).time();
                let midnight = clock == NaiveTime::MIN;
                assert!(
                    midnight || zone.moment(date.micros()).is_none(),
                    "{name} {date}"
                );
                assert_eq!(clock.nanosecond(), 0);
            }
        }
    }
}

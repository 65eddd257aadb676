use chrono::{DateTime, TimeZone};
use proptest::prelude::*;

use super::super::date::MICROS_PER_DAY;
use super::super::steps::StepUnit;
use super::*;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;

fn patterns(formats: &[&str]) -> DateStyle {
    let compiled = formats.iter().map(|p| Pattern::compile(p).unwrap());
    DateStyle::Patterns(compiled.collect())
}

fn steps(origin: &str, unit: StepUnit) -> DateStyle {
    DateStyle::Steps(Steps {
        origin: origin.parse().unwrap(),
        unit,
    })
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn days(style: DateStyle, place: Option<&str>) -> impl Fn(Value<'_>) -> Option<String> {
    let style = DayStyle {
        style,
        zone: place.map(zone),
    };
    move |value| style.day(value).map(|date| date.to_string())
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.as_bytes())
}

fn moment(micros: i64, utc: bool) -> Value<'static> {
    Value::Moment(Moment { micros, utc })
}

#[test]
fn first_matching_pattern_counts() {
    let day = days(patterns(&["%d/%m/%Y", "%m/%d/%Y"]), None);
    assert_eq!(day(text("03/04/2010")).unwrap(), "2010-04-03");
    assert_eq!(day(text("03/14/2010")).unwrap(), "2010-03-14");
}

#[test]
fn three_styles_in_one_column() {
    let day = days(patterns(&["%Y-%m-%d", "%d.%m.%y", "%b %e, %Y"]), None);
    for style in [
        "2010-03-04",
        "4.3.10",
        "04.03.10",
        "Mar  4, 2010",
        "march 4, 2010",
    ] {
        assert_eq!(day(text(style)).unwrap(), "2010-03-04", "{style}");
    }
    for bad in [
        "2010-02-30",
        "30.2.10",
        "Feb 30, 2010",
        "03/04/2010",
        "4.3.2010",
        "",
    ] {
        assert_eq!(day(text(bad)), None, "{bad}");
    }
}

#[test]
fn days_without_a_zone_are_as_written() {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d", "%Y%m%d"];
    let day = days(patterns(&formats), None);
    assert_eq!(
        day(text("2010-03-04T23:30:00-11:00")).unwrap(),
        "2010-03-04"
    );
    assert_eq!(
        day(text("2010-03-04T00:00:00+14:00")).unwrap(),
        "2010-03-04"
    );
    assert_eq!(day(Value::Number(b"20100304")).unwrap(), "2010-03-04");
    assert_eq!(day(moment(-1, true)).unwrap(), "1999-12-31");
    assert_eq!(
        day(moment(MICROS_PER_DAY - 1, false)).unwrap(),
        "2000-01-01"
    );
    let date = "2010-03-04".parse().unwrap();
    assert_eq!(day(Value::Day(date)).unwrap(), "2010-03-04");
    let reason = super::super::super::reject::RejectReason::NotScalar;
    for nothing in [
        Value::Missing,
        Value::Unreadable(reason),
        moment(i64::MAX, true),
    ] {
        assert_eq!(day(nothing), None);
    }
}

#[test]
fn a_zone_moves_moments_to_its_days_and_nothing_else() {
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d%z",
        "%Y-%m-%d",
    ];
    let day = days(patterns(&formats), Some("Europe/Berlin"));
    for (written, there) in [
        // Winter: an hour ahead of UTC; summer: two.
        ("2010-01-31T22:59:59.999999Z", "2010-01-31"),
        ("2010-01-31T23:00:00Z", "2010-02-01"),
        ("2010-06-30T21:59:59.999999Z", "2010-06-30"),
        ("2010-06-30T22:00:00Z", "2010-07-01"),
        ("2010-07-01T00:00:00+02:00", "2010-07-01"),
        ("2010-06-30T23:59:59.999999+02:00", "2010-06-30"),
        ("2010-07-01T09:00:00+14:00", "2010-06-30"),
        // On the wall already, also at a time that the clocks skip.
        ("2010-06-30T23:59:59", "2010-06-30"),
        ("2010-03-28T02:30:00", "2010-03-28"),
        // A day without a time is a day.
        ("2010-06-30", "2010-06-30"),
        ("2010-06-30-11:00", "2010-06-30"),
    ] {
        assert_eq!(day(text(written)).as_deref(), Some(there), "{written}");
    }
    assert_eq!(day(moment(-HOUR, true)).unwrap(), "2000-01-01");
    assert_eq!(day(moment(-HOUR - 1, true)).unwrap(), "1999-12-31");
    assert_eq!(day(moment(-1, false)).unwrap(), "1999-12-31");
    let date = "2010-03-04".parse().unwrap();
    assert_eq!(day(Value::Day(date)).unwrap(), "2010-03-04");
}

#[test]
fn epoch_times_are_days_of_utc_or_of_the_zone() {
    let day = |unit, place: Option<&str>, count: &str| {
        days(steps("1970-01-01", unit), place)(text(count)).unwrap()
    };
    for (unit, count) in [
        (StepUnit::Second, "1262303999"),
        (StepUnit::Second, "1262303999.0"),
        (StepUnit::Millisecond, "1262303999999"),
        (StepUnit::Microsecond, "1262303999999999"),
    ] {
        assert_eq!(day(unit, None, count), "2009-12-31", "{count}");
        assert_eq!(day(unit, Some("America/New_York"), count), "2009-12-31");
        assert_eq!(day(unit, Some("Asia/Kathmandu"), count), "2010-01-01");
    }
    // Hours and days are counted on the wall.
    assert_eq!(
        day(StepUnit::Hour, Some("Asia/Kathmandu"), "23"),
        "1970-01-01"
    );
    assert_eq!(
        day(StepUnit::Day, Some("Asia/Kathmandu"), "1"),
        "1970-01-02"
    );
}

const MOMENTS: [&str; 3] = ["%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d"];

fn moments(clock: Clock) -> InstantStyle {
    InstantStyle {
        style: patterns(&MOMENTS),
        clock,
    }
}

#[test]
fn offset_of_the_text_wins_over_the_profiles() {
    for clock in [Clock::Offset(3600), Clock::Zone(zone("Europe/Berlin"))] {
        let style = moments(clock);
        let micros = |value| style.micros(value);
        assert_eq!(micros(text("2000-01-01 00:00:00Z")), Some(0));
        assert_eq!(
            micros(text("2000-01-02 01:00:00+01:00")),
            Some(MICROS_PER_DAY)
        );
        assert_eq!(micros(text("2000-01-01 00:00:00")), Some(-HOUR));
        assert_eq!(micros(text("2000-01-01")), Some(-HOUR));
        assert_eq!(micros(text("tomorrow")), None);
        assert_eq!(
            micros(Value::Day("2000-01-01".parse().unwrap())),
            Some(-HOUR)
        );
        assert_eq!(micros(moment(5, true)), Some(5));
        assert_eq!(micros(moment(5, false)), Some(5 - HOUR));
        for far in [i64::MIN, i64::MAX] {
            assert_eq!(micros(moment(far, true)), None);
            assert_eq!(micros(moment(far, false)), None);
        }
        assert_eq!(micros(Value::Missing), None);
    }
}

#[test]
fn clocks_that_change_take_a_time_away_but_no_day() {
    let style = moments(Clock::Zone(zone("America/Santiago")));
    // Clocks went from 23:59:59 on the 7th to 01:00 on the 8th.
    let start = style.micros(text("2024-09-08 04:00:00Z"));
    assert!(start.is_some());
    assert_eq!(style.micros(text("2024-09-08 00:00:00")), None);
    assert_eq!(style.micros(text("2024-09-08 01:00:00")), start);
    assert_eq!(style.micros(text("2024-09-08")), start);
    assert_eq!(
        style.micros(Value::Day("2024-09-08".parse().unwrap())),
        start
    );
    // 23:30 on the 6th of April came twice.
    let earlier = style.micros(text("2024-04-07 02:30:00Z"));
    assert_eq!(style.micros(text("2024-04-06 23:30:00")), earlier);
}

#[test]
fn steps_as_moments() {
    let style = |style, clock| InstantStyle { style, clock };
    let hours = style(steps("2020-01-31", StepUnit::Hour), Clock::UTC);
    assert_eq!(hours.micros(text("1")), Some(7335 * MICROS_PER_DAY + HOUR));
    let epoch = style(steps("1970-01-01", StepUnit::Second), Clock::UTC);
    assert_eq!(epoch.micros(text("946684800.0")), Some(0));
    assert_eq!(epoch.micros(Value::Number(b"9.46684801e8")), Some(SECOND));
    assert_eq!(epoch.micros(Value::Number(b"0.5")), None);
    let berlin = Clock::Zone(zone("Europe/Berlin"));
    let days = style(steps("2020-06-30", StepUnit::Day), berlin);
    let expected = moments(berlin).micros(text("2020-07-01 00:00:00+02:00"));
    assert_eq!(days.micros(text("1")), expected);
}

proptest! {
    #[test]
    fn agrees_with_chrono(
        place in prop::sample::select(vec![
            "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns",
            "America/Asuncion", "Africa/Casablanca", "Asia/Kolkata", "Asia/Kathmandu",
            "Asia/Tehran", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham",
        ]),
        unix in -2_208_988_800_i64..4_133_980_800, // 1900 to 2100
        fraction in prop_oneof![Just(0), Just(999_999), 0..1_000_000_i64],
    ) {
        let tz: chrono_tz::Tz = place.parse().unwrap();
        let micros = unix * SECOND + fraction;
        let there = DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&tz);
        let since_2000 = |unix_micros: i64| unix_micros - 946_684_800 * SECOND;
        let style = moments(Clock::Zone(zone(place)));

        let wall = there.naive_local();
        let written = wall.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
        let earliest = tz.from_local_datetime(&wall).earliest().unwrap();
        let read = style.micros(text(&written));
        prop_assert_eq!(read, Some(since_2000(earliest.timestamp_micros())), "{}", written);

        let utc = there.to_utc().format("%Y-%m-%d %H:%M:%S%.6fZ").to_string();
        prop_assert_eq!(style.micros(text(&utc)), Some(since_2000(micros)));

        let day = days(patterns(&MOMENTS), Some(place));
        let date = wall.date().to_string();
        for value in [text(&utc), text(&written), moment(since_2000(micros), true)] {
            prop_assert_eq!(day(value), Some(date.clone()), "{:?}", value);
        }
    }
}

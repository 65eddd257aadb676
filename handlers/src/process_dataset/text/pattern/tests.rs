use proptest::prelude::*;

use super::*;

fn read(pattern: &str, text: &str) -> Option<String> {
    let reading = Pattern::compile(pattern).unwrap().read(text.as_bytes())?;
    let offset = reading
        .offset_seconds
        .map(|s| format!(" {s}"))
        .unwrap_or_default();
    Some(format!("{} {}{offset}", reading.date, reading.micros))
}

#[test]
fn reads_the_usual_forms() {
    let cases = [
        ("%Y-%m-%d", "2010-03-04", "2010-03-04 0"),
        ("%d/%m/%Y", "4/3/2010", "2010-03-04 0"),
        ("%m/%d/%y", "03/04/69", "1969-03-04 0"),
        ("%d.%m.%y", "04.03.68", "2068-03-04 0"),
        ("%d %b %Y", "4 mar 2010", "2010-03-04 0"),
        ("%b %d, %Y", "September 4, 2010", "2010-09-04 0"),
        ("%d%b%Y", "04MAY2010", "2010-05-04 0"),
        ("%Y%m%d", "20100304", "2010-03-04 0"),
        (
            "%Y-%m-%d %H:%M:%S",
            "2010-03-04 00:00:01",
            "2010-03-04 1000000",
        ),
        (
            "%Y-%m-%dT%H:%M:%S%.f%z",
            "2010-03-04T23:59:59.5Z",
            "2010-03-04 86399500000 0",
        ),
        (
            "%Y-%m-%dT%H:%M:%S%.f%z",
            "2010-03-04T00:00:00-05:30",
            "2010-03-04 0 -19800",
        ),
        (
            "%Y-%m-%d %H:%M%z",
            "2010-03-04 7:05+02",
            "2010-03-04 25500000000 7200",
        ),
        (
            "%Y-%m-%d %S%.f",
            "2010-03-04 0.123456789",
            "2010-03-04 123456",
        ),
        ("%Y年%m月%d", "2010年3月4", "2010-03-04 0"),
        ("100%% %Y-%m-%d", "100% 2010-03-04", "2010-03-04 0"),
        ("%B %e, %Y", "Sep  4, 2010", "2010-09-04 0"),
        ("%b %e %Y", "sep 14 2010", "2010-09-14 0"),
        ("%a, %d %b %Y", "THU, 4 mar 2010", "2010-03-04 0"),
        ("%A %e.%m.%Y", "Monday 4.3.2010", "2010-03-04 0"),
        ("%m/%d/%Y %I:%M %p", "3/4/2010 12:00 AM", "2010-03-04 0"),
        (
            "%m/%d/%Y %I:%M %p",
            "3/4/2010 12:59 pm",
            "2010-03-04 46740000000",
        ),
        (
            "%p %I %d.%m.%Y",
            "p.m. 11 4.3.2010",
            "2010-03-04 82800000000",
        ),
        ("%d.%m.%Y %I%p", "4.3.2010 1A.M.", "2010-03-04 3600000000"),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(
            read(pattern, text).as_deref(),
            Some(expected),
            "{pattern} {text}"
        );
    }
}

#[test]
fn refuses_what_does_not_match() {
    let cases = [
        ("%Y-%m-%d", "2010-02-30"),
        ("%Y-%m-%d", "2010-3-04"),
        ("%Y-%m-%d", "2010-03-04 "),
        ("%Y-%m-%d", "2010-03-0"),
        ("%Y-%m-%d", "20é0-03-04"),
        ("%d/%m/%Y", "04/13/2010"),
        ("%d/%m/%Y", "04/03/10"),
        ("%d %b %Y", "4 mrz 2010"),
        ("%Y-%m-%d %H:%M:%S", "2010-03-04 24:00:00"),
        ("%Y-%m-%d %H:%M:%S", "2010-03-04 23:59:60"),
        ("%Y-%m-%d%.f", "2010-03-04."),
        ("%Y-%m-%d%.f", "2010-03-04.1234567890"),
        ("%Y-%m-%d%z", "2010-03-04+99:00"),
        ("%Y-%m-%d%z", "2010-03-04+5"),
        ("%b %e %Y", "Mar   4 2010"),
        ("%a %d %b %Y", "Thurs 4 Mar 2010"),
        ("%a %d %b %Y", "4 Mar 2010"),
        ("%a %d %b %Y", "Don 4 Mar 2010"),
        ("%Y-%m-%d %I:%M %p", "2010-03-04 0:30 AM"),
        ("%Y-%m-%d %I:%M %p", "2010-03-04 13:30 PM"),
        ("%Y-%m-%d %I:%M %p", "2010-03-04 11:30"),
        ("%Y-%m-%d %I:%M %p", "2010-03-04 11:30 xm"),
        ("%Y-%m-%d %I:%M %p", "2010-03-04 11:30 a.m"),
    ];
    for (pattern, text) in cases {
        assert_eq!(read(pattern, text), None, "{pattern} {text}");
    }
}

#[test]
fn patterns_that_make_no_date() {
    for bad in ["", "%Y-%m", "%Y-%m-%d %d", "%y %Y-%m-%d", "%H:%M:%S"] {
        assert_eq!(
            Pattern::compile(bad),
            Err(PatternError::Incomplete),
            "{bad}"
        );
    }
    for (bad, code) in [
        ("%Q", "%Q"),
        ("%Y-%m-%d %.3f", "%.3"),
        ("%Y%", "%"),
        ("%é", "%é"),
    ] {
        assert_eq!(
            Pattern::compile(bad),
            Err(PatternError::Unknown(code.into())),
            "{bad}"
        );
    }
}

#[test]
fn half_a_clock_is_refused() {
    for bad in ["%I", "%p", "%I %p %H", "%I %p %H:%M:%S", "%I %I %p"] {
        let pattern = format!("%Y-%m-%d {bad}");
        assert_eq!(
            Pattern::compile(&pattern),
            Err(PatternError::HalfClock),
            "{bad}"
        );
    }
}

#[test]
fn a_day_alone_is_told_from_its_midnight() {
    let timed = |pattern, text: &str| {
        let reading = Pattern::compile(pattern).unwrap().read(text.as_bytes());
        reading.unwrap().timed
    };
    assert!(!timed("%Y-%m-%d", "2010-03-04"));
    assert!(!timed("%a %Y-%m-%d%z", "Thu 2010-03-04Z"));
    assert!(timed("%Y-%m-%d %H:%M:%S", "2010-03-04 00:00:00"));
    assert!(timed("%Y-%m-%d %H", "2010-03-04 0"));
    assert!(timed("%Y-%m-%d %I%p", "2010-03-04 12AM"));
}

proptest! {
    #[test]
    fn every_day_reads_back(days in -730_119_i32..=2_921_939) {
        let date = Date::from_days(days).unwrap();
        for pattern in ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"] {
            let text = pattern
                .replace("%Y", &format!("{:04}", date.year()))
                .replace("%m", &format!("{:02}", date.month()))
                .replace("%d", &format!("{:02}", date.day()));
            let reading = Pattern::compile(pattern).unwrap().read(text.as_bytes()).unwrap();
            prop_assert_eq!(reading.date, date);
        }
    }

    #[test]
    fn never_panics(pattern in "(%[YymdebBaAHIpMSz%]|%\\.f|.){0,8}", text in proptest::collection::vec(any::<u8>(), 0..24)) {
        if let Ok(pattern) = Pattern::compile(&pattern) {
            let _ = pattern.read(&text);
        }
    }
}

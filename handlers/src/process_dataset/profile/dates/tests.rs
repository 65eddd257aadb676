use super::super::super::value::Value;
use super::super::Profile;

fn parsed(sections: &str) -> Result<Profile, String> {
    let toml =
        format!("type = \"expenses\"\n[columns]\nrow_id = 1\ndate = 2\namount = 3\n{sections}");
    Profile::parse(&toml).map_err(|error| error.to_string())
}

#[test]
fn a_zone_makes_a_moment_its_day() {
    let profile = parsed(
        r#"
[date]
formats = ["%Y-%m-%dT%H:%M:%S%z", "%d.%m.%Y"]
zone = "Europe/Berlin"
[timestamp]
zone = "America/New_York"
[posted_at]
offset = "+05:30"
"#,
    )
    .unwrap();
    let day = |text: &str| profile.date.day(Value::Text(text.as_bytes())).unwrap();
    assert_eq!(day("2010-06-30T22:00:00Z").to_string(), "2010-07-01");
    assert_eq!(day("30.06.2010").to_string(), "2010-06-30");
    let midnight = Value::Text(b"2000-01-01");
    assert_eq!(profile.timestamp.micros(midnight), Some(18_000_000_000));
    assert_eq!(profile.posted_at.micros(midnight), Some(-19_800_000_000));
}

#[test]
fn dates_in_three_styles_in_one_column() {
    let formats = "[date]\nformats = [\"%Y-%m-%d\", \"%d/%m/%Y\", \"%B %e, %Y\"]\n";
    let profile = parsed(formats).unwrap();
    for text in ["2010-03-04", "04/03/2010", "March 4, 2010", "Mar  4, 2010"] {
        let day = profile.date.day(Value::Text(text.as_bytes()));
        assert_eq!(day, "2010-03-04".parse().ok(), "{text}");
    }
    assert_eq!(profile.date.day(Value::Text(b"2010-02-30")), None);
}

#[test]
fn epoch_times_have_days_in_a_zone_but_no_clock_of_their_own() {
    let steps = "steps = { origin = \"1970-01-01\", unit = \"millisecond\" }\n";
    let zone = "zone = \"Asia/Kolkata\"\n";
    let profile = parsed(&format!("[date]\n{steps}{zone}[timestamp]\n{steps}")).unwrap();
    let count = Value::Text(b"946684799999");
    assert_eq!(profile.date.day(count), "2000-01-01".parse().ok());
    assert_eq!(profile.timestamp.micros(count), Some(-1000));
    for clock in [zone, "offset = \"+01:00\"\n"] {
        let error = parsed(&format!("[timestamp]\n{steps}{clock}")).unwrap_err();
        assert!(
            error.contains(
                "timestamp: steps of a millisecond pass in UTC: give neither zone nor offset"
            ),
            "{error}"
        );
    }
}

#[test]
fn mistakes_of_zones_are_listed() {
    let error = parsed(
        r#"
[date]
zone = "Berlin"
[timestamp]
zone = "Europe/Berlin"
offset = "+01:00"
[posted_at]
zone = "Middle/Earth"
formats = ["%d.%m.%Y %I:%M"]
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"
    profile has 4 mistake(s):
      date.zone: "Berlin" is no time zone of the IANA database; did you mean "Europe/Berlin"?
      timestamp: give zone or offset, but not both
      posted_at.formats: "%d.%m.%Y %I:%M": %I and %p go together, each once and without %H
      posted_at.zone: "Middle/Earth" is no time zone of the IANA database, like "Europe/Berlin"
    "#);
}

//! How a profile says dates and times are written.

use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::Value;

use super::super::text::date::{Date, NotADate};
use super::super::text::instant::{Clock, DateStyle, DayStyle, InstantStyle};
use super::super::text::pattern::Pattern;
use super::super::text::steps::{StepUnit, Steps};
use super::super::text::zone::Zone;
use super::mistakes::Mistakes;
use super::shape::{DateShape, InstantShape, StepsShape};

/// Plausible dates: what a profile may narrow. Each month of them may become a partition.
const DATE_MIN: &str = "1900-01-01";
const DATE_MAX: &str = "2100-12-31";

const DATE_FORMATS: [&str; 1] = ["%Y-%m-%d"];
const INSTANT_FORMATS: [&str; 5] = [
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d",
];

/// The style of a column of days; the ISO form, as written, where the profile says nothing.
pub(super) fn day(section: &str, shape: &DateShape, mistakes: &mut Mistakes) -> Option<DayStyle> {
    let formats: Vec<&str> = shape.formats.iter().map(String::as_str).collect();
    let steps = shape.steps.as_ref();
    let style = styled(section, &formats, &DATE_FORMATS, steps, mistakes);
    let zone = match &shape.zone {
        Some(name) => Some(zone(section, name, mistakes)?),
        None => None,
    };
    Some(DayStyle {
        style: style?,
        zone,
    })
}

/// The style of a column of moments; the ISO forms in UTC where the profile says nothing.
pub(super) fn instant(
    section: &str,
    shape: &InstantShape,
    mistakes: &mut Mistakes,
) -> Option<InstantStyle> {
    let formats: Vec<&str> = shape.formats.iter().map(String::as_str).collect();
    let style = styled(
        section,
        &formats,
        &INSTANT_FORMATS,
        shape.steps.as_ref(),
        mistakes,
    );
    let clock = clock(section, shape, mistakes);
    let (style, clock) = (style?, clock?);
    if let DateStyle::Steps(steps) = &style
        && steps.unit.is_epoch_time()
        && clock != Clock::UTC
    {
        let unit = steps.unit.name();
        let what = format!("steps of a {unit} pass in UTC: give neither zone nor offset");
        mistakes.add(section, what);
    }
    Some(InstantStyle { style, clock })
}

/// UTC where the profile says nothing.
fn clock(section: &str, shape: &InstantShape, mistakes: &mut Mistakes) -> Option<Clock> {
    let offset = shape.offset.as_ref().map(|text| {
        let setting = format!("{section}.offset");
        mistakes.parsed(setting, text, "an offset from UTC, like \"+01:00\"")
    });
    let zone = shape
        .zone
        .as_ref()
        .map(|name| zone(section, name, mistakes));
    match (offset, zone) {
        (None, None) => Some(Clock::UTC),
        (Some(offset), None) => offset.map(|Offset(seconds)| Clock::Offset(seconds)),
        (None, Some(zone)) => zone.map(Clock::Zone),
        (Some(_), Some(_)) => {
            mistakes.add(section, "give zone or offset, but not both");
            None
        }
    }
}

fn zone(section: &str, name: &str, mistakes: &mut Mistakes) -> Option<Zone> {
    let zone = name.parse();
    zone.map_err(|error| {
        let what = format!("{name:?} is {error}");
        mistakes.add(format_args!("{section}.zone"), what);
    })
    .ok()
}

/// The first and the last plausible day.
pub(super) fn bounds(shape: &DateShape, mistakes: &mut Mistakes) -> Option<RangeInclusive<Date>> {
    let mut bound = |setting: &str, value: Option<&Value>, default: &str| match value {
        Some(value) => calendar_day(setting, value, mistakes),
        None => default.parse().ok(),
    };
    let min = bound("date.min", shape.min.as_ref(), DATE_MIN);
    let max = bound("date.max", shape.max.as_ref(), DATE_MAX);
    let (min, max) = (min?, max?);
    let widest = DATE_MIN.parse::<Date>().ok()..=DATE_MAX.parse().ok();
    for (setting, date) in [("date.min", min), ("date.max", max)] {
        if !widest.contains(&Some(date)) {
            let what = format_args!("{date} is not within {DATE_MIN} to {DATE_MAX}");
            mistakes.add(setting, what);
        }
    }
    if min > max {
        mistakes.add("date.min", format_args!("{min} is after date.max, {max}"));
    }
    Some(min..=max)
}

fn styled(
    section: &str,
    formats: &[&str],
    defaults: &[&str],
    steps: Option<&StepsShape>,
    mistakes: &mut Mistakes,
) -> Option<DateStyle> {
    if let Some(steps) = steps {
        if !formats.is_empty() {
            mistakes.add(section, "give formats or steps, but not both");
        }
        let setting = format!("{section}.steps.origin");
        let origin = calendar_day(&setting, &steps.origin, mistakes);
        let setting = format!("{section}.steps.unit");
        let unit = mistakes.named(setting, &steps.unit, &StepUnit::ALL, StepUnit::name);
        return Some(DateStyle::Steps(Steps {
            origin: origin?,
            unit: unit?,
        }));
    }
    let formats = if formats.is_empty() {
        defaults
    } else {
        formats
    };
    let mut patterns = Vec::new();
    for format in formats {
        match Pattern::compile(format) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                mistakes.add(
                    format_args!("{section}.formats"),
                    format_args!("{format:?}: {error}"),
                );
            }
        }
    }
    (patterns.len() == formats.len()).then_some(DateStyle::Patterns(patterns))
}

/// A day, as text or as TOML's own date.
fn calendar_day(setting: &str, value: &Value, mistakes: &mut Mistakes) -> Option<Date> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    mistakes.parsed(setting, &text, "a day, like \"2020-01-31\"")
}

/// Seconds east of UTC.
struct Offset(i32);

impl FromStr for Offset {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // Offsets are read where they stand in files: beside a date.
        let reading = Pattern::compile("%Y-%m-%d%z")
            .ok()
            .and_then(|pattern| pattern.read(format!("2000-01-01{text}").as_bytes()));
        reading
            .and_then(|reading| reading.offset_seconds)
            .map(Self)
            .ok_or(NotADate)
    }
}

#[cfg(test)]
mod tests;

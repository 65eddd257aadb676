use std::borrow::Cow;

use chrono::{DateTime, Days, Months, SecondsFormat, TimeDelta};
use chrono_tz::Tz;
use serde_json::Value;

use super::pass::Pass;
use crate::template::Hole;

/// What a template of a schedule is filled from: its name and a tick, on the clocks of its zone.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) name: String,
    pub(super) at: DateTime<Tz>,
}

/// What stands between `{{` and `}}`: a name, and for times how far from the tick, as in
/// `date - 1mo + 2h`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    what: What,
    shifts: Vec<Shift>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Name,
    ScheduledAt,
    Date,
    Time,
    Month,
    Year,
    Week,
    Unix,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Shift {
    is_back: bool,
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// Most terms after a name.
const SHIFTS_MAX: usize = 5;
/// Longest count of a term, in digits.
const DIGITS_MAX: usize = 6;

const NAMES: [(&str, What); 8] = [
    ("scheduled_at", What::ScheduledAt),
    ("date", What::Date),
    ("time", What::Time),
    ("month", What::Month),
    ("year", What::Year),
    ("week", What::Week),
    ("unix", What::Unix),
    ("name", What::Name),
];

const UNITS: [(&str, Unit); 7] = [
    ("s", Unit::Second),
    ("m", Unit::Minute),
    ("h", Unit::Hour),
    ("d", Unit::Day),
    ("w", Unit::Week),
    ("mo", Unit::Month),
    ("y", Unit::Year),
];

fn by_name<T: Copy>(of: &[(&str, T)], text: &str, what: &str) -> Result<T, String> {
    match of.iter().find(|(name, _)| *name == text) {
        Some((_, found)) => Ok(*found),
        None => {
            let names: Vec<&str> = of.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Err(format!("there is no {what} {text:?}: use {names}"))
        }
    }
}

impl Hole for Moment {
    type From = Tick;

    fn read(text: &str) -> Result<Self, String> {
        let within = |wrong| format!("{{{{ {text} }}}}: {wrong}");
        let end = text.find(['+', '-']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        let what = by_name(&NAMES, name.trim(), "name").map_err(within)?;
        let mut shifts = Vec::new();
        while let Some(term) = rest.get(1..) {
            let is_back = rest.starts_with('-');
            let end = term.find(['+', '-']).unwrap_or(term.len());
            let (term, after) = term.split_at(end);
            shifts.push(Shift::read(is_back, term.trim()).map_err(within)?);
            rest = after;
        }
        if shifts.len() > SHIFTS_MAX {
            return Err(within(format!("at most {SHIFTS_MAX} times + and -")));
        }
        if what == What::Name && !shifts.is_empty() {
            return Err(within("a name is no time".to_owned()));
        }
        Ok(Self { what, shifts })
    }

    fn fill(&self, tick: &Tick) -> Result<Option<Cow<'static, Value>>, String> {
        let mut at = tick.at;
        for shift in &self.shifts {
            at = shift
                .apply(at)
                .ok_or("the time is beyond what a calendar holds")?;
        }
        let text = match self.what {
            What::Unix => return Ok(Some(Cow::Owned(at.timestamp().into()))),
            What::Name => tick.name.clone(),
            What::ScheduledAt => at.to_rfc3339_opts(SecondsFormat::Secs, true),
            What::Date => at.format("%Y-%m-%d").to_string(),
            What::Time => at.format("%H:%M:%S").to_string(),
            What::Month => at.format("%Y-%m").to_string(),
            What::Year => at.format("%Y").to_string(),
            What::Week => at.format("%G-W%V").to_string(),
        };
        Ok(Some(Cow::Owned(Value::String(text))))
    }
}

impl Shift {
    fn read(is_back: bool, term: &str) -> Result<Self, String> {
        let end = term.find(|c: char| !c.is_ascii_digit());
        let (count, unit) = term.split_at(end.unwrap_or(term.len()));
        if !(1..=DIGITS_MAX).contains(&count.len()) {
            return Err(format!(
                "{term:?} is no number of 1 to {DIGITS_MAX} digits with a unit, such as 1d"
            ));
        }
        let unit = by_name(&UNITS, unit.trim(), "unit")?;
        let count = count.parse().map_err(|error| format!("{error}"))?;
        Ok(Self {
            is_back,
            count,
            unit,
        })
    }

    /// Seconds, minutes and hours pass as time does; days and longer are counted on the calendar,
    /// and keep the local time of day. The 31st, a month later, is the month's last day.
    fn apply(self, at: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let count = i64::from(self.count);
        let seconds = match self.unit {
            Unit::Second => count,
            Unit::Minute => count * 60,
            Unit::Hour => count * 60 * 60,
            Unit::Day | Unit::Week | Unit::Month | Unit::Year => return self.apply_to_date(at),
        };
        let span = TimeDelta::try_seconds(if self.is_back { -seconds } else { seconds })?;
        at.checked_add_signed(span)
    }

    fn apply_to_date(self, at: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let (days, months) = match self.unit {
            Unit::Day => (u64::from(self.count), 0),
            Unit::Week => (u64::from(self.count) * 7, 0),
            Unit::Year => (0, self.count.checked_mul(12)?),
            _ => (0, self.count),
        };
        let local = at.naive_local();
        let local = if self.is_back {
            local
                .checked_sub_days(Days::new(days))?
                .checked_sub_months(Months::new(months))?
        } else {
            local
                .checked_add_days(Days::new(days))?
                .checked_add_months(Months::new(months))?
        };
        if self.count == 0 {
            return Some(at);
        }
        let zone = at.timezone();
        Some(Pass::First.instant(zone, local).with_timezone(&zone))
    }
}

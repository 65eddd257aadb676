use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use super::field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, YEAR};

/// A cron expression: which local times it allows. It knows of no time zone.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// A time is allowed by either of them. They are two where both day fields are restricted.
    either: Vec<cron::Schedule>,
    years: BTreeSet<u32>,
    /// Whether its hour field allows every hour.
    pub(super) every_hour: bool,
}

/// Longest expression, in bytes.
const CRON_BYTES_MAX: usize = 1000;

/// What stands for a whole expression.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Expression {
    /// Reads an expression; the text says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.len() > CRON_BYTES_MAX {
            return Err(format!("more than {CRON_BYTES_MAX} bytes"));
        }
        let fields = fields(text.trim())?;
        let read = |field: &Field, nth: usize| field.read(fields[nth]);
        let (second, minute, hour) = (read(&SECOND, 0)?, read(&MINUTE, 1)?, read(&HOUR, 2)?);
        let (day, month, weekday) = (read(&DAY, 3)?, read(&MONTH, 4)?, read(&WEEKDAY, 5)?);
        let years = read(&YEAR, 6)?;

        let compiled = |day: &str, weekday: &str| {
            let [second, minute, hour, month, year] = [
                (&SECOND, &second),
                (&MINUTE, &minute),
                (&HOUR, &hour),
                (&MONTH, &month),
                (&YEAR, &years),
            ]
            .map(|(field, allowed)| written(field, allowed));
            format!("{second} {minute} {hour} {day} {month} {weekday} {year}")
                .parse::<cron::Schedule>()
                .map_err(|error| error.to_string())
        };
        // The crate counts days of week from 1, Sunday.
        let crates: BTreeSet<u32> = weekday.iter().map(|day| day + 1).collect();
        let (days, weekdays) = (list(&day), list(&crates));
        // As crontab has it: where both are restricted, a day is allowed by either.
        let either = match [fields[3], fields[5]].map(|text| ["*", "?", "*/1"].contains(&text)) {
            [true, true] => vec![compiled("*", "*")?],
            [false, true] => vec![compiled(&days, "*")?],
            [true, false] => vec![compiled("*", &weekdays)?],
            [false, false] => vec![compiled(&days, "*")?, compiled("*", &weekdays)?],
        };
        Ok(Self {
            either,
            years,
            every_hour: HOUR.is_all(&hour),
        })
    }

    /// The first time it allows after this one, which is of whole seconds.
    pub(super) fn after(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let local = local
            .max(year_start(YEAR.min)? - TimeDelta::seconds(1))
            .and_utc();
        let first = |one: &cron::Schedule| one.after(&local).next();
        let allowed = self.either.iter().filter_map(first).min();
        allowed.map(|time| time.naive_utc())
    }

    /// The last time it allows at or before this one, which is of whole seconds.
    pub(super) fn through(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let year = u32::try_from(local.year()).ok()?;
        let last_year = *self.years.range(..=year).next_back()?;
        // Going back, the crate takes the month of where it began into an earlier year with it.
        let before = local
            .checked_add_signed(TimeDelta::seconds(1))?
            .min(year_start(last_year + 1)?);
        let before = before.and_utc();
        let last = |one: &cron::Schedule| one.after(&before).next_back();
        let allowed = self.either.iter().filter_map(last).max();
        allowed.map(|time| time.naive_utc())
    }
}

fn year_start(year: u32) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(year.try_into().ok()?, 1, 1)?.and_hms_opt(0, 0, 0)
}

/// Its seven fields, from the second to the year.
fn fields(text: &str) -> Result<Vec<&str>, String> {
    if text.starts_with('@') {
        let stands_for = NAMED
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name));
        let Some((_, five)) = stands_for else {
            let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            return Err(format!("there is no {text:?}: use {}", names.join(", ")));
        };
        return fields(five);
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    match fields.len() {
        5 => Ok([&["0"][..], &fields, &["*"]].concat()),
        6 => Ok([&fields[..], &["*"]].concat()),
        7 => Ok(fields),
        count => Err(format!(
            "{count} fields: use 5 (minute, hour, day of month, month, day of week), 6 (with the second before them) or 7 (with the year after them), or @daily and the like"
        )),
    }
}

fn written(field: &Field, allowed: &BTreeSet<u32>) -> String {
    if field.is_all(allowed) {
        "*".to_owned()
    } else {
        list(allowed)
    }
}

fn list(numbers: &BTreeSet<u32>) -> String {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    numbers.join(",")
}

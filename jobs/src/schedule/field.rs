use std::collections::BTreeSet;

/// One field of a cron expression: which numbers and names it takes.
#[derive(Debug)]
pub(super) struct Field {
    /// What it is called.
    pub(super) name: &'static str,
    /// The lowest number.
    pub(super) min: u32,
    /// The highest number.
    pub(super) max: u32,
    /// Full names, of which the first [`NAME_LEAST`] letters are enough. The first one is `min`.
    names: &'static [&'static str],
    /// Whether `?` may stand for `*`.
    is_day: bool,
}

/// So many letters of a name are enough.
const NAME_LEAST: usize = 3;

const fn numbers(name: &'static str, min: u32, max: u32) -> Field {
    Field {
        name,
        min,
        max,
        names: &[],
        is_day: false,
    }
}

pub(super) const SECOND: Field = numbers("second", 0, 59);
pub(super) const MINUTE: Field = numbers("minute", 0, 59);
pub(super) const HOUR: Field = numbers("hour", 0, 23);
pub(super) const DAY: Field = Field {
    is_day: true,
    ..numbers("day of month", 1, 31)
};
pub(super) const MONTH: Field = Field {
    names: &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    ..numbers("month", 1, 12)
};
/// Sunday is 0; [`Field::read`] takes 7 for it too.
pub(super) const WEEKDAY: Field = Field {
    names: &[
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ],
    is_day: true,
    ..numbers("day of week", 0, 6)
};
/// The years that the `cron` crate knows.
pub(super) const YEAR: Field = numbers("year", 1970, 2100);

impl Field {
    /// The numbers that a text of it allows; the text says what is wrong.
    pub(super) fn read(&self, text: &str) -> Result<BTreeSet<u32>, String> {
        let mut allowed = BTreeSet::new();
        for item in text.split(',') {
            self.item(item, &mut allowed)
                .map_err(|wrong| format!("{}: {wrong}", self.name))?;
        }
        Ok(allowed)
    }

    /// Whether these are all that there are.
    pub(super) fn is_all(&self, allowed: &BTreeSet<u32>) -> bool {
        allowed.len() == (self.max - self.min + 1) as usize
    }

    fn item(&self, item: &str, allowed: &mut BTreeSet<u32>) -> Result<(), String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(item, step)?)),
            None => (item, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (self.min, self.max),
            ("?", _) if self.is_day && step.is_none() => (self.min, self.max),
            (_, Some((from, to))) => self.range(range, from, to)?,
            // From there on.
            (_, None) if step.is_some() => (self.folded(self.number(range)?), self.max),
            (_, None) => (self.number(range)?, self.number(range)?),
        };
        let steps = (from..=to).step_by(step.unwrap_or(1));
        allowed.extend(steps.map(|number| self.folded(number)));
        Ok(())
    }

    /// Only a day of week is ever above the highest: 7, which is Sunday again.
    const fn folded(&self, number: u32) -> u32 {
        if number > self.max { self.min } else { number }
    }

    fn step(&self, item: &str, step: &str) -> Result<usize, String> {
        let most = self.max - self.min + 1;
        match step.parse() {
            Ok(step) if (1..=most).contains(&step) => Ok(step as usize),
            _ => Err(format!("the step of {item:?} is no number of 1 to {most}")),
        }
    }

    fn range(&self, range: &str, from: &str, to: &str) -> Result<(u32, u32), String> {
        let (first, mut last) = (self.number(from)?, self.number(to)?);
        let is_named = to.starts_with(|c: char| c.is_ascii_alphabetic());
        if self.has_seven() && is_named && last == self.min && first > last {
            last = self.max + 1;
        }
        if first > last {
            let (first, min, max) = (self.folded(first), self.min, self.max);
            return Err(format!(
                "the range {range:?} goes down: write it as two, {first}-{max},{min}-{last}"
            ));
        }
        Ok((first, last))
    }

    /// Days of week alone go round.
    fn has_seven(&self) -> bool {
        self.name == WEEKDAY.name
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let max = self.max + u32::from(self.has_seven());
        let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = if is_number {
            text.parse().ok()
        } else {
            self.named(text)
        };
        number
            .filter(|number| (self.min..=max).contains(number))
            .ok_or_else(|| format!("{text:?} is not allowed: use {}", self.allowed(max)))
    }

    fn named(&self, text: &str) -> Option<u32> {
        let text = text.to_ascii_lowercase();
        let mut names = (self.min..).zip(self.names);
        let (number, _) =
            names.find(|(_, name)| text.len() >= NAME_LEAST && name.starts_with(&text))?;
        Some(number)
    }

    fn allowed(&self, max: u32) -> String {
        let mut allowed = format!("{} to {max}", self.min);
        if let (Some(first), Some(last)) = (self.names.first(), self.names.last()) {
            let short = |name: &str| name[..NAME_LEAST].to_ascii_uppercase();
            allowed.push_str(&format!(", {} to {}", short(first), short(last)));
        }
        allowed.push_str(", * for all, a-b for a range, */n for steps, and lists of these");
        allowed
    }
}

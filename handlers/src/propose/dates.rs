//! How a column writes its days: every known way is tried on every value.

use std::sync::LazyLock;

use super::answers::DateOrder;
use super::values::Values;
use crate::process_dataset::head::ColumnType;
use crate::process_dataset::text::pattern::Pattern;

/// Ways to write a day whose parts cannot be mistaken for each other.
const PLAIN: [&str; 16] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%d.%b.%Y",
    "%d. %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d %b %y",
    "%d-%b-%y",
    "%a, %d %b %Y",
    "%a %d %b %Y",
    "%a, %b %d, %Y",
];

/// Marks between two numbers of which either may be the day. A year of two digits is taken to
/// come last; nothing else is tried.
const MARKS: [char; 4] = ['/', '.', '-', ' '];

/// What may follow the day.
const TIMES: [&str; 11] = [
    "",
    " %H:%M:%S",
    " %H:%M",
    " %H:%M:%S%.f",
    "T%H:%M:%S",
    "T%H:%M:%S%.f",
    "T%H:%M:%S%z",
    "T%H:%M:%S%.f%z",
    " %H:%M:%S%.f%z",
    " %I:%M:%S %p",
    " %I:%M %p",
];

/// Ways that one column may use side by side.
const WAYS_MAX: usize = 5;

/// One way to write days, with or without a time.
struct Form {
    /// Day first where that is a question.
    day_first: (String, Pattern),
    month_first: Option<(String, Pattern)>,
    timed: bool,
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(forms);

fn forms() -> Vec<Form> {
    let compiled = |text: String| Pattern::compile(&text).ok().map(|pattern| (text, pattern));
    let mut forms = Vec::new();
    for time in TIMES {
        let plain = PLAIN.iter().map(|day| (format!("{day}{time}"), None));
        let ordered = MARKS.iter().flat_map(|mark| {
            ["%Y", "%y"].map(|year| {
                let first = format!("%d{mark}%m{mark}{year}{time}");
                (first, Some(format!("%m{mark}%d{mark}{year}{time}")))
            })
        });
        for (day_first, month_first) in plain.chain(ordered) {
            let Some(day_first) = compiled(day_first) else {
                continue;
            };
            forms.push(Form {
                day_first,
                month_first: month_first.and_then(compiled),
                timed: !time.is_empty(),
            });
        }
    }
    forms
}

/// What a column's values are as days.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    /// Values that are days in one of `ways`.
    pub(super) fits: u64,
    /// The first that is not.
    pub(super) stranger: Option<String>,
    /// The ways, the commonest first.
    pub(super) ways: Vec<Way>,
    /// They are days or moments by their type, which leaves no way of writing open.
    pub(super) typed: Option<ColumnType>,
}

/// One way that a column writes its days.
#[derive(Clone, Debug)]
pub(super) struct Way {
    day_first: &'static str,
    month_first: Option<&'static str>,
    /// It has a time of day.
    pub(super) timed: bool,
    /// A value that can only be day first, and one that can only be month first.
    pub(super) proofs: [Option<String>; 2],
    /// A value that can be both.
    pub(super) either: Option<String>,
    hits: u64,
}

/// Which number is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// It cannot be mistaken.
    Plain,
    /// Some value proves it.
    Proven(DateOrder),
    /// Every value could be both.
    Open,
    /// Some values prove the one, some the other.
    Mixed,
}

impl Dates {
    /// Days by their type, or every way tried on every value.
    pub(super) fn of(values: &Values<'_>, kind: ColumnType) -> Self {
        match kind {
            ColumnType::Day | ColumnType::Moment { .. } => Self {
                fits: values.filled,
                typed: Some(kind),
                ..Self::default()
            },
            ColumnType::Float | ColumnType::Unusable => Self::default(),
            ColumnType::Text | ColumnType::Number => Self::tried(values),
        }
    }

    fn tried(values: &Values<'_>) -> Self {
        // Each value with the forms that fit it; a value that fits none has an empty list.
        let matches: Vec<(&str, u64, Vec<usize>)> = values
            .distinct
            .iter()
            .map(|&(text, times)| (text, times, matching(text)))
            .collect();
        let mut open: Vec<&(&str, u64, Vec<usize>)> = matches.iter().collect();
        let mut ways = Vec::new();
        while ways.len() < WAYS_MAX {
            let mut hits = vec![0_u64; FORMS.len()];
            for (_, times, forms) in &open {
                for &form in forms {
                    hits[form] += times;
                }
            }
            // The first of the best: simpler forms stand first.
            let best = (0..hits.len()).rev().max_by_key(|&form| hits[form]);
            let Some(best) = best.filter(|&form| hits[form] > 0) else {
                break;
            };
            let (own, rest): (Vec<_>, Vec<_>) = open
                .into_iter()
                .partition(|(_, _, forms)| forms.contains(&best));
            ways.push(Way::new(
                &FORMS[best],
                own.iter().map(|one| one.0),
                hits[best],
            ));
            open = rest;
        }
        Self {
            fits: ways.iter().map(|way| way.hits).sum(),
            stranger: open.first().map(|(text, ..)| (*text).to_owned()),
            ways,
            typed: None,
        }
    }

    /// Neither a type nor any known way tells a day.
    pub(super) fn unreadable(&self) -> bool {
        self.typed.is_none() && self.ways.is_empty()
    }

    /// A way has a time of day.
    pub(super) fn timed(&self) -> bool {
        self.has_times(true) || self.has_times(false)
    }

    /// A way has a time of day; whether with its offset from UTC.
    pub(super) fn has_times(&self, offset: bool) -> bool {
        if let Some(ColumnType::Moment { utc }) = self.typed {
            return utc == offset;
        }
        let such = |way: &Way| way.timed && way.day_first.ends_with("%z") == offset;
        self.ways.iter().any(such)
    }

    /// Eight digits and nothing else, which many an id is, too.
    pub(super) fn bare(&self) -> bool {
        self.ways.iter().any(|way| way.day_first == "%Y%m%d")
    }

    /// The ways whose order of day and month is not known.
    pub(super) fn open(&self) -> impl Iterator<Item = &Way> {
        let asked = |way: &&Way| matches!(way.order(), Order::Open | Order::Mixed);
        self.ways.iter().filter(asked)
    }

    /// The patterns of a profile; where the order is open, as the answer says. `None` if there
    /// is no answer.
    pub(super) fn formats(&self, answer: Option<DateOrder>) -> Option<Vec<&'static str>> {
        let mut formats = Vec::new();
        for way in &self.ways {
            match way.order() {
                Order::Plain => formats.push(way.day_first),
                Order::Proven(order) => formats.push(way.format(order)),
                Order::Open => formats.push(way.format(answer?)),
                // Whatever fits only the other order is still read by it.
                Order::Mixed => {
                    let [first, second] = match answer? {
                        DateOrder::DayFirst => [DateOrder::DayFirst, DateOrder::MonthFirst],
                        DateOrder::MonthFirst => [DateOrder::MonthFirst, DateOrder::DayFirst],
                    };
                    formats.extend([way.format(first), way.format(second)]);
                }
            }
        }
        Some(formats)
    }
}

impl Way {
    fn new<'v>(form: &'static Form, values: impl Iterator<Item = &'v str>, hits: u64) -> Self {
        let mut way = Self {
            day_first: &form.day_first.0,
            month_first: form.month_first.as_ref().map(|(text, _)| text.as_str()),
            timed: form.timed,
            proofs: [None, None],
            either: None,
            hits,
        };
        let Some((_, month_first)) = &form.month_first else {
            return way;
        };
        let mut telling = false;
        for text in values {
            let reads = |pattern: &Pattern| pattern.read(text.as_bytes());
            match (reads(&form.day_first.1), reads(month_first)) {
                (Some(_), None) => keep_first(&mut way.proofs[0], text),
                (None, Some(_)) => keep_first(&mut way.proofs[1], text),
                // 03/04 shows the question better than 03/03.
                (day, month) if !telling => {
                    telling = day != month;
                    if telling || way.either.is_none() {
                        way.either = Some(text.to_owned());
                    }
                }
                _ => {}
            }
        }
        way
    }

    /// Which number is the day.
    pub(super) fn order(&self) -> Order {
        match (&self.month_first, &self.proofs) {
            (None, _) => Order::Plain,
            (_, [Some(_), None]) => Order::Proven(DateOrder::DayFirst),
            (_, [None, Some(_)]) => Order::Proven(DateOrder::MonthFirst),
            (_, [Some(_), Some(_)]) => Order::Mixed,
            (_, [None, None]) => Order::Open,
        }
    }

    /// The pattern in an order.
    pub(super) fn format(&self, order: DateOrder) -> &'static str {
        match order {
            DateOrder::DayFirst => self.day_first,
            DateOrder::MonthFirst => self.month_first.unwrap_or(self.day_first),
        }
    }
}

fn keep_first(place: &mut Option<String>, text: &str) {
    if place.is_none() {
        *place = Some(text.to_owned());
    }
}

/// The forms that read a text.
fn matching(text: &str) -> Vec<usize> {
    // Nearly every text that is no day is settled by a look at its length and beginning.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !(6..=40).contains(&text.len()) || digits < 3 || !text.is_ascii() {
        return Vec::new();
    }
    let reads = |(_, pattern): &(String, Pattern)| pattern.read(text.as_bytes()).is_some();
    let fits = |form: &Form| reads(&form.day_first) || form.month_first.as_ref().is_some_and(reads);
    (0..)
        .zip(FORMS.iter())
        .filter(|(_, form)| fits(form))
        .map(|(index, _)| index)
        .collect()
}

/// A text is a day in some known way.
pub(super) fn is_day(text: &str) -> bool {
    !matching(text).is_empty()
}

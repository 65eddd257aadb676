//! What the contents of a column say about it, in words.

use super::amounts::Mark;
use super::answers::DateOrder;
use super::dates::{Dates, Order};
use super::facts::Facts;
use super::plan::Plan;
use crate::process_dataset::head::ColumnType;

/// What the contents of a column say.
pub(super) struct Contents {
    pub(super) fits: u64,
    pub(super) of: u64,
    /// The file's columns have no names that could speak against it.
    pub(super) nameless: bool,
    /// The contents tell something of their own; any column can be a text.
    pub(super) telling: bool,
    pub(super) open: bool,
    pub(super) written: Option<String>,
    pub(super) why: String,
    /// What settles a doubt, to stand last.
    pub(super) proof: String,
}

impl Contents {
    pub(super) fn of(fits: u64, of: u64, are: &str) -> Self {
        Self {
            fits,
            of,
            nameless: false,
            telling: true,
            open: false,
            written: None,
            why: format!("{} of {} values {are}", grouped(fits), grouped(of)),
            proof: String::new(),
        }
    }
}

pub(super) fn day(plan: &Plan<'_>, facts: &Facts<'_>) -> Contents {
    let Dates {
        fits,
        stranger,
        ways,
        typed,
    } = &facts.dates;
    if let Some(kind) = typed {
        return typed_day(*kind, facts);
    }
    let order = plan.answers.dates;
    let formats = facts
        .dates
        .formats(order)
        .filter(|formats| !formats.is_empty());
    let shown = formats.clone().unwrap_or_else(|| {
        facts
            .dates
            .formats(Some(DateOrder::DayFirst))
            .unwrap_or_default()
    });
    let mut contents = Contents::of(
        *fits,
        facts.values.filled,
        &format!("are days as {}", shown.join(", ")),
    );
    if ways.is_empty() {
        contents.why = String::from("no known way to write dates fits");
    }
    contents.open = formats.is_none();
    contents.written = Some(match formats {
        Some(formats) => formats.join(", "),
        None => format!("{} ?", shown.join(", ")),
    });
    for way in ways {
        contents
            .proof
            .push_str(&match (way.order(), &way.proofs, order) {
                (Order::Proven(DateOrder::DayFirst), [Some(text), _], _) => {
                    format!("; {text} proves that the day comes first")
                }
                (Order::Proven(DateOrder::MonthFirst), [_, Some(text)], _) => {
                    format!("; {text} proves that the month comes first")
                }
                (Order::Mixed, [Some(day), Some(month)], _) => {
                    format!("; {day} and {month} have different orders")
                }
                (Order::Open, _, None) => "; day and month can be read both ways".to_owned(),
                (Order::Open, _, Some(_)) => {
                    "; the order of day and month is your answer".to_owned()
                }
                _ => String::new(),
            });
    }
    if let Some(text) = stranger.as_ref().filter(|_| *fits > 0) {
        contents
            .proof
            .push_str(&format!("; {:?} is none", shortened(text)));
    }
    contents
}

/// Days that the format itself knows for days.
fn typed_day(kind: ColumnType, facts: &Facts<'_>) -> Contents {
    let (written, are) = match kind {
        ColumnType::Moment { utc: true } => ("moments in UTC", "are moments in UTC by their type"),
        ColumnType::Moment { utc: false } => (
            "moments",
            "are moments by their type, on a clock that it does not name",
        ),
        _ => ("days", "are days by their type"),
    };
    let filled = facts.values.filled;
    Contents {
        written: Some(written.to_owned()),
        ..Contents::of(filled, filled, are)
    }
}

pub(super) fn money(plan: &Plan<'_>, facts: &Facts<'_>) -> Contents {
    let filled = facts.values.filled;
    let mark = plan.decimal_mark();
    let fits = mark.map_or(facts.amounts.fits_best(), |mark| facts.amounts.fits(mark));
    let example = facts
        .values
        .distinct
        .iter()
        .map(|(text, _)| *text)
        .max_by_key(|text| text.chars().count().min(24));
    let example = shortened(example.unwrap_or_default());
    let mut contents = Contents::of(fits, filled, &format!("are amounts like {example}"));
    if filled == 0 {
        contents.why = String::from("it is empty in the sample");
    }
    contents.open =
        mark.is_none() || facts.amounts.suffixed.is_some() && plan.answers.negative.is_none();
    contents.written = Some(match mark {
        _ if facts.kind == ColumnType::Float => "binary floats".to_owned(),
        _ if facts.numbers() => "numbers".to_owned(),
        Some(mark) => format!("decimals after {:?}", mark.as_str()),
        None => "decimals ?".to_owned(),
    });
    if facts.numbers() {
        contents.open = false;
    } else if filled > 0 {
        contents.proof = match plan.amounts.mark() {
            Mark::Proven(mark, text) => format!(
                "; {text} proves the {:?} before the decimals",
                mark.as_str()
            ),
            Mark::Open(_) if mark.is_some() => {
                "; the mark before the decimals is your answer".to_owned()
            }
            Mark::Open(text) => format!("; {text} can be read both ways"),
            Mark::Mixed(point, comma) => format!("; {point} and {comma} have different marks"),
            Mark::Any => "; none has a mark".to_owned(),
        };
    }
    if let Some(stranger) = mark.and_then(|mark| facts.amounts.stranger(mark)) {
        contents
            .proof
            .push_str(&format!("; {:?} is none", shortened(stranger)));
    }
    contents
}

pub(super) fn text(facts: &Facts<'_>, rows: u64) -> Contents {
    let filled = facts.values.filled;
    let mut contents = Contents {
        telling: false,
        ..Contents::of(filled, rows, "are there")
    };
    if facts.most(facts.floats(), 100) {
        contents.written = Some("whole numbers as floats".to_owned());
        contents.proof = match facts.cut_float() {
            Some(text) => format!("; a spreadsheet has cut them: which number {text} was is lost"),
            None => "; a spreadsheet has turned them into floats".to_owned(),
        };
    } else if facts.most(facts.ibans(), 90) {
        contents.why = format!(
            "{} of {} values are written as IBANs",
            grouped(facts.ibans()),
            grouped(filled)
        );
    }
    if facts.values.control.is_some() {
        contents
            .proof
            .push_str("; control characters are taken out");
    }
    contents
}

/// The beginning of a long text.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 32;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A count with a comma between every three digits.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

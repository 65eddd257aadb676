//! What the sample leaves open.

use super::amounts::Mark;
use super::answers::{Answer, Choice, DateOrder, DecimalMark, Question};
use super::mapping;
use super::plan::Plan;
use crate::process_dataset::parquet_file::Doubles;
use crate::process_dataset::table::ColumnKind;
use crate::process_dataset::text::amount::NegativeSuffix;
use crate::process_dataset::text::pattern::Pattern;

mod rows;

pub(super) fn ask(plan: &Plan<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    questions.extend(rows::kind(plan));
    questions.extend(dates(plan));
    questions.extend(steps(plan));
    questions.extend(decimal_mark(plan));
    questions.extend(suffix(plan));
    questions.extend(floats(plan));
    questions.extend(unreadable(plan));
    // What must be there depends on what the rows are.
    if plan.types_open.is_empty() {
        questions.extend(rows::shared(plan));
        questions.extend(rows::missing(plan));
    }
    questions
}

/// The order of day and month. One answer serves every column.
fn dates(plan: &Plan<'_>) -> Option<Question> {
    if plan.answers.dates.is_some() {
        return None;
    }
    let asked: Vec<_> = plan
        .sections()
        .filter_map(|(_, facts)| Some((facts, facts.dates.open().next()?)))
        .collect();
    let (_, way) = asked.first()?;
    let either = way
        .either
        .as_deref()
        .or(way.proofs[0].as_deref())
        .unwrap_or_default();
    let why = match &way.proofs {
        [Some(day), Some(month)] => {
            format!("{day} can only be day first and {month} only month first")
        }
        _ => "every value can be read both ways".to_owned(),
    };
    let choice = |order, means: &str, option: &str| {
        let pattern = Pattern::compile(way.format(order)).ok()?;
        let date = pattern.read(either.as_bytes())?.date;
        Some(Choice {
            means: format!("{means}: {either} is {date}"),
            option: format!("--dates {option}"),
            answer: Some(Answer::Dates(order)),
        })
    };
    let choices = [
        choice(DateOrder::DayFirst, "the day first", "day-first"),
        choice(DateOrder::MonthFirst, "the month first", "month-first"),
    ];
    let mut columns: Vec<String> = Vec::new();
    for (facts, _) in &asked {
        let name = plan.name_of(facts);
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    Some(Question {
        text: format!(
            "Does the day or the month come first in {}? ({why})",
            quoted(&columns)
        ),
        columns,
        choices: choices.into_iter().flatten().collect(),
    })
}

fn steps(plan: &Plan<'_>) -> Option<Question> {
    if plan.steps().is_some() {
        return None;
    }
    let name = plan.sample.columns.get(plan.step_column()?)?.clone();
    Some(Question {
        text: format!(
            "{name:?} counts and has no dates: from which day does it count, and in which unit?"
        ),
        columns: vec![name],
        choices: vec![Choice {
            means: "0 is this day, and 1 the next (or hour, week, month)".to_owned(),
            option: "--steps-from 2020-01-01 --step day".to_owned(),
            answer: None,
        }],
    })
}

fn decimal_mark(plan: &Plan<'_>) -> Option<Question> {
    if plan.decimal_mark().is_some() {
        return None;
    }
    let columns = plan.money_columns();
    let (example, why) = match plan.amounts.mark() {
        Mark::Mixed(point, comma) => {
            let why = format!(
                "{point} can only have a point before its decimals and {comma} only a comma; \
                 the others will be rejected"
            );
            (point, why)
        }
        Mark::Open(either) => (either, "every value can be read both ways".to_owned()),
        _ => return None,
    };
    let choice = |mark: DecimalMark, means| Choice {
        means: format!(
            "a {means} before the decimals: {example} {}",
            reading(&example, mark)
        ),
        option: format!("--decimal-mark {}", mark.as_str()),
        answer: Some(Answer::DecimalMark(mark)),
    };
    Some(Question {
        text: format!(
            "What stands before the decimals in {}? ({why})",
            quoted(&columns)
        ),
        choices: vec![
            choice(DecimalMark::Point, "point"),
            choice(DecimalMark::Comma, "comma"),
        ],
        columns,
    })
}

/// What an amount is with a mark before its decimals.
fn reading(example: &str, mark: DecimalMark) -> String {
    match super::amounts::read(example, mark) {
        Some(money) => format!("is {money}"),
        None => "is rejected".to_owned(),
    }
}

fn suffix(plan: &Plan<'_>) -> Option<Question> {
    let example = plan.amounts.suffixed.as_deref()?;
    if plan.answers.negative.is_some() {
        return None;
    }
    let choice = |suffix, means: &str, option: &str| Choice {
        means: means.to_owned(),
        option: format!("--negative {option}"),
        answer: Some(Answer::Negative(suffix)),
    };
    let columns = plan.money_columns();
    Some(Question {
        text: format!(
            "Which is negative in {}, DR or CR? ({example})",
            quoted(&columns)
        ),
        columns,
        choices: vec![
            choice(
                NegativeSuffix::Debit,
                "DR, as the account's holder sees it",
                "dr",
            ),
            choice(NegativeSuffix::Credit, "CR, as who pays sees it", "cr"),
        ],
    })
}

/// Dates of which nothing can be read: no way of writing is known, which no answer changes.
fn unreadable(plan: &Plan<'_>) -> Option<Question> {
    let (_, facts) = plan
        .sections()
        .find(|(_, facts)| facts.dates.unreadable())?;
    let name = plan.name_of(facts);
    let example = facts.dates.stranger.as_deref().unwrap_or_default();
    Some(Question {
        text: format!(
            "How does {name:?} write its dates, like {example:?}? No known way fits: give its \
             formats in the profile."
        ),
        columns: vec![name],
        choices: Vec::new(),
    })
}

/// Floats, which a load refuses unless the profile says that they may be.
fn floats(plan: &Plan<'_>) -> Option<Question> {
    let columns = plan.binary_floats();
    if columns.is_empty() || plan.answers.doubles.is_some() {
        return None;
    }
    let columns: Vec<String> = columns
        .iter()
        .map(|&column| plan.sample.columns[column].clone())
        .collect();
    Some(Question {
        text: format!(
            "May the floats in {} be read as the shortest decimals that name them? (binary floats \
             cannot say exactly what an amount was, and are refused unless the profile allows it)",
            quoted(&columns)
        ),
        columns,
        choices: vec![Choice {
            means: "yes: what was meant, if it had 15 digits or fewer".to_owned(),
            option: "--doubles shortest".to_owned(),
            answer: Some(Answer::Doubles(Doubles::Shortest)),
        }],
    })
}

fn quoted(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| format!("{name:?}")).collect();
    quoted.join(" and ")
}

impl Plan<'_> {
    pub(super) fn name_of(&self, facts: &super::facts::Facts<'_>) -> String {
        let same = |one: &&super::facts::Facts<'_>| std::ptr::eq(*one, facts);
        let place = self.facts.iter().position(|one| same(&one));
        place
            .and_then(|column| self.sample.columns.get(column))
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn money_columns(&self) -> Vec<String> {
        let money = self
            .pairs
            .iter()
            .filter(|pair| mapping::kind(pair.field) == ColumnKind::Money);
        money
            .filter_map(|pair| self.sample.columns.get(pair.column))
            .cloned()
            .collect()
    }
}

//! The proposal column by column, for people.

use super::contents::{Contents, day, grouped, money, shortened, text};
use super::facts::Facts;
use super::mapping::{self, Pair};
use super::plan::Plan;
use super::{ColumnVerdict, Sure, words};
use crate::process_dataset::head::ColumnType;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::ColumnKind;

/// Headers scored above it say exactly a field's word; up to it, among others.
const PART_AT_MOST: u32 = 60;

/// Share of values, in percent, that may differ where the rest leaves no doubt.
const NEARLY_ALL: u64 = 99;

pub(super) fn columns(plan: &Plan<'_>) -> Vec<ColumnVerdict> {
    let columns = plan.sample.columns.iter().zip(&plan.facts).enumerate();
    columns
        .map(|(column, (name, facts))| {
            let mut pairs = plan.pairs.iter().filter(|pair| pair.column == column);
            match pairs.next() {
                Some(pair) => {
                    let mut verdict = mapped(plan, *pair, name, facts);
                    verdict.fields.extend(pairs.map(|pair| pair.field.name()));
                    verdict
                }
                None if plan.step_column() == Some(column) => stepped(plan, name, facts),
                None => unmapped(plan, name, facts),
            }
        })
        .collect()
}

fn mapped(plan: &Plan<'_>, pair: Pair, name: &str, facts: &Facts<'_>) -> ColumnVerdict {
    let filled = facts.values.filled;
    let mut what = match mapping::kind(pair.field) {
        ColumnKind::Day | ColumnKind::Moment => day(plan, facts),
        ColumnKind::Money => money(plan, facts),
        ColumnKind::Currency => Contents::of(facts.currencies(), filled, "are currency codes"),
        ColumnKind::Choice(words) => {
            let fits = if pair.field == Field::Role {
                facts.roles()
            } else {
                facts.entries()
            };
            Contents::of(fits, filled, &format!("are one of {}", words.join(", ")))
        }
        ColumnKind::RowId => Contents::of(filled, filled, "are there once only"),
        ColumnKind::Text => text(facts, plan.sample.rows.len() as u64),
    };
    what.nameless = facts.header.is_none();
    if facts.kind == ColumnType::Float {
        what.open |= plan.answers.doubles.is_none();
        what.proof.push_str(
            "; as binary floats they cannot say exactly what was meant, and are refused unless \
             the profile has doubles = \"shortest\"",
        );
    }
    if what.telling && !what.open {
        what.proof.push_str(&rejected(what.of - what.fits, ""));
    }
    what.proof.push_str(&missing(plan, pair.field, filled));
    let sure = if what.open {
        Sure::Asked
    } else {
        sure(pair.header, &what)
    };
    let said = if pair.header > 0 {
        format!("; header says '{name}'")
    } else {
        String::new()
    };
    ColumnVerdict {
        column: name.to_owned(),
        fields: vec![pair.field.name()],
        written: what.written,
        fits: what.fits,
        of: what.of,
        sure: Some(sure),
        why: format!("{}{said}{}", what.why, what.proof),
    }
}

/// Records that a load would reject because the field says nothing there.
fn missing(plan: &Plan<'_>, field: Field, filled: u64) -> String {
    let lacking = (plan.sample.rows.len() as u64).saturating_sub(filled);
    if lacking == 0 || !plan.dataset_type.requires(field) {
        return String::new();
    }
    rejected(lacking, " without it")
}

/// So many records would be rejected.
fn rejected(count: u64, which: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("; 1 record{which} would be rejected"),
        _ => format!("; {} records{which} would be rejected", grouped(count)),
    }
}

fn sure(header: u32, what: &Contents) -> Sure {
    let exact = header > PART_AT_MOST;
    let named = header > 0;
    let all = what.fits > 0 && what.fits == what.of;
    let nearly = what.fits > 0 && what.fits * 100 >= what.of * NEARLY_ALL;
    match (what.telling, exact, named) {
        (true, true, _) if nearly => Sure::Sure,
        (true, _, true) if all => Sure::Likely,
        (true, true, _) if what.fits * 100 >= what.of * 90 => Sure::Likely,
        (true, _, false) if all && what.nameless => Sure::Likely,
        (false, true, _) if what.fits > 0 => Sure::Sure,
        (false, _, true) => Sure::Likely,
        _ => Sure::Unsure,
    }
}

fn stepped(plan: &Plan<'_>, name: &str, facts: &Facts<'_>) -> ColumnVerdict {
    let steps = plan.steps();
    ColumnVerdict {
        column: name.to_owned(),
        fields: vec![Field::Date.name()],
        written: Some(steps.map_or("steps ?".to_owned(), |steps| {
            let unit = steps.unit.name();
            format!("steps of a {unit} from {}", steps.origin)
        })),
        fits: facts.steps(),
        of: facts.values.filled,
        sure: Some(if steps.is_some() {
            Sure::Likely
        } else {
            Sure::Asked
        }),
        why: format!(
            "{} of {} values are whole numbers; no column has dates, and the header says '{name}'",
            grouped(facts.steps()),
            grouped(facts.values.filled)
        ),
    }
}

fn unmapped(plan: &Plan<'_>, name: &str, facts: &Facts<'_>) -> ColumnVerdict {
    ColumnVerdict {
        column: name.to_owned(),
        fields: Vec::new(),
        written: None,
        fits: facts.values.filled,
        of: plan.sample.rows.len() as u64,
        sure: None,
        why: unused(plan, facts),
    }
}

/// Why a column is not loaded.
fn unused(plan: &Plan<'_>, facts: &Facts<'_>) -> String {
    if facts.kind == ColumnType::Unusable {
        return "it has lists or objects, or is there twice in a record, which no field can have"
            .to_owned();
    }
    if !facts.usable {
        return "its name is none that a profile can give".to_owned();
    }
    if facts.values.filled == 0 {
        return "it is empty in the sample".to_owned();
    }
    let header = facts.header.unwrap_or_default();
    if words::says_balance(header) {
        return "a balance is what others come to, and no field holds it".to_owned();
    }
    let fields = mapping::fields(plan.dataset_type);
    let named = fields
        .iter()
        .map(|field| (words::score(header, *field), field));
    let best = named
        .filter(|(score, _)| *score > 0)
        .max_by_key(|(score, _)| *score);
    let Some((_, &field)) = best else {
        return "neither its name nor its values tell a field".to_owned();
    };
    if let Some(pair) = plan.pair(field) {
        let other = &plan.sample.columns[pair.column];
        return format!(
            "it could be the {}, but '{other}' fits better",
            field.name()
        );
    }
    if field == Field::RowId {
        let again = facts.values.filled - facts.values.distinct.len() as u64;
        return format!(
            "its name says row_id, but in the sample {} of its values are there again or missing",
            grouped(again + plan.sample.rows.len() as u64 - facts.values.filled)
        );
    }
    let example = facts.values.distinct.first().map_or("", |(text, _)| *text);
    format!(
        "its name says {}, but its values, like {:?}, do not",
        field.name(),
        shortened(example)
    )
}

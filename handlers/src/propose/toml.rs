//! The proposal as a profile.

mod writer;

use super::answers::{DateOrder, DecimalMark, Question};
use super::facts::Facts;
use super::mapping::{self, Pair};
use super::plan::Plan;
use super::sample::{Dialect, Inside, SampleFormat};
use super::{Sure, verdicts};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::ColumnKind;
use crate::process_dataset::text::amount::Grouping;
use writer::{Writer, listed, quoted};

/// Bytes of a column's name that a load compares.
const NAME_BYTES_MAX: usize = 100;

/// Columns that are not loaded, which the comment about them names.
const UNUSED_SHOWN_MAX: usize = 20;

pub(super) fn write(plan: &Plan<'_>, questions: &[Question]) -> String {
    let mut out = Writer::default();
    let sample = plan.sample;
    out.line(&format!(
        "# Proposed from the first {} records of {}.",
        sample.rows.len(),
        quoted(&sample.name)
    ));
    for question in questions {
        out.line(&format!("# Open: {}", question.text));
    }
    out.set("type", plan.dataset_type.as_str());
    out.set("description", &format!("As in {}", sample.name));
    let blanks = blanks(plan);
    if !blanks.is_empty() {
        out.list("blanks", &blanks);
    }
    if let SampleFormat::Csv(dialect) = &sample.format {
        csv(*dialect, &mut out);
    }
    columns(plan, &mut out);
    amount(plan, &mut out);
    for (section, facts) in plan.sections() {
        dates(plan, section, facts, &mut out);
    }
    steps(plan, &mut out);
    defaults(plan, &mut out);
    clean(plan, &mut out);
    out.finish()
}

/// Texts that mean nothing in any column that is loaded.
fn blanks<'s>(plan: &'s Plan<'_>) -> Vec<&'s str> {
    let mut blanks: Vec<&str> = Vec::new();
    for pair in &plan.pairs {
        let values = &plan.facts[pair.column].values;
        let text = matches!(
            mapping::kind(pair.field),
            ColumnKind::Text | ColumnKind::RowId
        );
        let doubtful = values.doubtful.iter().filter(|_| !text);
        for blank in values.blanks.iter().chain(doubtful) {
            if !blanks.contains(blank) {
                blanks.push(blank);
            }
        }
    }
    blanks
}

fn csv(dialect: Dialect, out: &mut Writer) {
    let text = |byte: u8| char::from(byte).to_string();
    out.section("csv");
    out.set("delimiter", &text(dialect.delimiter));
    match dialect.quote {
        Some(b'"') => {}
        Some(quote) => out.set("quote", &text(quote)),
        None => out.set("quote", ""),
    }
    match dialect.inside {
        Inside::Doubled => {}
        Inside::Stray => out.set("stray_quotes", "literal"),
        Inside::Backslash => out.set("escape", "backslash"),
    }
    if !dialect.header {
        out.line("header = false");
    }
    if dialect.skip_lines > 0 {
        out.line(&format!("skip_lines = {}", dialect.skip_lines));
    }
    if let Some(comment) = dialect.comment {
        out.set("comment", &text(comment));
    }
    if dialect.blank_tails {
        out.set("long_rows", "cut_blank");
    }
}

fn columns(plan: &Plan<'_>, out: &mut Writer) {
    let verdicts = verdicts::columns(plan);
    out.section("columns");
    if plan.pair(Field::RowId).is_none() {
        out.set("row_id", "@row");
    }
    for pair in &plan.pairs {
        let verdict = &verdicts[pair.column];
        let open_amount =
            mapping::kind(pair.field) == ColumnKind::Money && plan.decimal_mark().is_none();
        let line = format!("{} = {}", pair.field.name(), source(plan, pair.column));
        // Read with the wrong mark, an amount would be another one, and nothing would tell.
        let line = if open_amount {
            format!("# {line}  # open: see [amount]")
        } else {
            line
        };
        out.line(&match verdict.sure {
            Some(sure @ (Sure::Likely | Sure::Unsure)) => {
                format!("{line}  # {}: {}", sure.as_str(), verdict.why)
            }
            _ => line,
        });
    }
    if let Some(column) = plan.step_column() {
        out.line(&format!("date = {}", source(plan, column)));
    }
    let unused = verdicts.iter().filter(|verdict| verdict.fields.is_empty());
    let unused: Vec<String> = unused.map(|verdict| quoted(&verdict.column)).collect();
    if !unused.is_empty() {
        let shown = unused.len().min(UNUSED_SHOWN_MAX);
        let more = if shown < unused.len() { ", …" } else { "" };
        out.line(&format!(
            "# Not loaded: {}{more}",
            unused[..shown].join(", ")
        ));
    }
}

/// A column by its name, or by its position where the name does not find it.
fn source(plan: &Plan<'_>, column: usize) -> String {
    let name = &plan.sample.columns[column];
    let key = |name: &str| name.trim().to_lowercase();
    let alike = plan
        .sample
        .columns
        .iter()
        .filter(|other| key(other) == key(name));
    let json = plan.sample.format == SampleFormat::JsonLines;
    // Longer names are cut, and what is no text is shown in another way, before they are compared.
    let whole = name.len() <= NAME_BYTES_MAX && !name.contains(['\0', '\u{fffd}']);
    let findable = whole && !name.trim().is_empty() && name != "@row" && alike.count() == 1;
    if json || plan.sample.has_names() && findable {
        quoted(name)
    } else {
        (column + 1).to_string()
    }
}

fn amount(plan: &Plan<'_>, out: &mut Writer) {
    let money: Vec<&Pair> = plan
        .pairs
        .iter()
        .filter(|pair| mapping::kind(pair.field) == ColumnKind::Money)
        .collect();
    if money.is_empty() || money.iter().all(|pair| plan.facts[pair.column].numbers) {
        return;
    }
    out.section("amount");
    let marks = match plan.decimal_mark() {
        Some(mark) => {
            out.set("decimal_mark", mark.as_str());
            let thousands = plan.amounts.thousands(mark);
            if !thousands.is_empty() {
                out.list("thousands_marks", &thousands);
            }
            None
        }
        None => Some([DecimalMark::Point, DecimalMark::Comma]),
    };
    for mark in marks.into_iter().flatten() {
        let thousands = listed(&plan.amounts.thousands(mark));
        out.line(&format!("# decimal_mark = {}", quoted(mark.as_str())));
        out.line(&format!("# thousands_marks = {thousands}"));
    }
    if plan.amounts.indian {
        out.set("grouping", Grouping::Indian.name());
    }
    if plan.amounts.exponent {
        out.line("exponent = true");
    }
    let signs: Vec<&str> = plan.amounts.signs().collect();
    if !signs.is_empty() {
        out.list("currency_signs", &signs);
    }
    out.list("negative", &plan.amounts.negative(plan.answers.negative));
    if plan.amounts.suffixed.is_some() && plan.answers.negative.is_none() {
        out.line("# and \"dr_suffix\" or \"cr_suffix\" in that list, whichever is negative");
    }
}

fn dates(plan: &Plan<'_>, section: &str, facts: &Facts<'_>, out: &mut Writer) {
    if facts.dates.ways.is_empty() {
        out.section(section);
        out.line("# formats = [\"%Y-%m-%d\"]  # open: no known way fits");
        return;
    }
    out.section(section);
    match facts.dates.formats(plan.answers.dates) {
        Some(formats) => out.list("formats", &formats),
        None => {
            for (order, words) in [
                (DateOrder::DayFirst, "the day first"),
                (DateOrder::MonthFirst, "the month first"),
            ] {
                let formats = facts.dates.formats(Some(order)).unwrap_or_default();
                out.line(&format!("# formats = {}  # {words}", listed(&formats)));
            }
        }
    }
    if section == Field::Date.name() && facts.dates.has_times(true) {
        out.line("# The days are those as written; or those of a place:");
        out.line("# zone = \"Europe/Berlin\"");
    }
    if section != Field::Date.name() && facts.dates.has_times(false) {
        out.line("# Times without an offset are taken as UTC; or as a place's:");
        out.line("# zone = \"Europe/Berlin\"");
    }
}

fn steps(plan: &Plan<'_>, out: &mut Writer) {
    if plan.step_column().is_none() {
        return;
    }
    out.section("date");
    match plan.steps() {
        Some(steps) => out.line(&format!(
            "steps = {{ origin = \"{}\", unit = \"{}\" }}",
            steps.origin,
            steps.unit.name()
        )),
        None => out.line("# steps = { origin = \"2020-01-01\", unit = \"day\" }"),
    }
}

fn defaults(plan: &Plan<'_>, out: &mut Writer) {
    if plan.pair(Field::Currency).is_some() {
        return;
    }
    if let Some(currency) = plan.amounts.currency() {
        out.section("defaults");
        out.set("currency", currency);
    }
}

fn clean(plan: &Plan<'_>, out: &mut Writer) {
    let floats: Vec<&str> = plan.floats().map(|(pair, _)| pair.field.name()).collect();
    let loaded = plan.pairs.iter().map(|pair| &plan.facts[pair.column]);
    let control = loaded
        .into_iter()
        .any(|facts| facts.values.control.is_some());
    if floats.is_empty() && !control {
        return;
    }
    out.section("clean");
    if !floats.is_empty() {
        out.list("integer_floats", &floats);
    }
    if control {
        out.set("control_characters", "remove");
    }
}

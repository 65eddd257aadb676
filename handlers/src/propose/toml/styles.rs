//! How amounts, dates and steps are written, as sections of a profile.

use super::super::amounts::Mark;
use super::super::answers::{DateOrder, DecimalMark};
use super::super::facts::Facts;
use super::super::mapping::{self, Pair};
use super::super::plan::Plan;
use super::writer::{Writer, listed, quoted};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::ColumnKind;
use crate::process_dataset::text::amount::Grouping;

pub(super) fn amount(plan: &Plan<'_>, out: &mut Writer) {
    let money: Vec<&Pair> = plan
        .pairs
        .iter()
        .filter(|pair| mapping::kind(pair.field) == ColumnKind::Money)
        .collect();
    if money.is_empty() || money.iter().all(|pair| plan.facts[pair.column].numbers()) {
        return;
    }
    out.section("amount");
    if plan.amounts.mark() == Mark::Any && plan.answers.decimal_mark.is_none() {
        out.comment("No amount in the sample has a mark. A later 1.234 would be read as 1.2340.");
    }
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

pub(super) fn dates(plan: &Plan<'_>, section: &str, facts: &Facts<'_>, out: &mut Writer) {
    if facts.dates.unreadable() {
        out.section(section);
        out.line("# formats = [\"%Y-%m-%d\"]  # open: no known way fits");
        return;
    }
    let zoned = facts.dates.has_times(section == Field::Date.name());
    if facts.dates.typed.is_some() && !zoned {
        return;
    }
    out.section(section);
    match facts.dates.formats(plan.answers.dates) {
        Some(formats) if formats.is_empty() => {}
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
    if zoned {
        out.comment(match (section == Field::Date.name(), facts.dates.typed) {
            (true, None) => "The days are those as written; or those of a place:",
            (true, Some(_)) => "The days are those in UTC; or those of a place:",
            (false, _) => "Times without an offset are taken as UTC; or as a place's:",
        });
        out.line("# zone = \"Europe/Berlin\"");
    }
}

pub(super) fn steps(plan: &Plan<'_>, out: &mut Writer) {
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

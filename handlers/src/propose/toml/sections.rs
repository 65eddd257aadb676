//! What holds for all rows: defaults, cleaning, floats, and what the same row again is.

use super::super::contents::grouped;
use super::super::natural_key;
use super::super::plan::Plan;
use super::writer::{Writer, listed};
use crate::process_dataset::parquet_file::Doubles;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::DatasetType;

pub(super) fn defaults(plan: &Plan<'_>, out: &mut Writer) {
    let of = |field: Field| match field {
        Field::Currency => plan.currency(),
        _ => plan.shared(field),
    };
    let open = [Field::Role, Field::Entry]
        .into_iter()
        .filter(|field| plan.lacks(*field) && plan.shared(*field).is_none());
    let open: Vec<Field> = open.collect();
    let known = [Field::Currency, Field::Role, Field::Entry].into_iter();
    let known: Vec<_> = known
        .filter_map(|field| Some((field, of(field)?)))
        .collect();
    if known.is_empty() && open.is_empty() {
        return;
    }
    out.section("defaults");
    for (field, shared) in known {
        out.comment(&format!("{}:", shared.why));
        out.set(field.name(), shared.word);
    }
    for field in open {
        out.line(&format!("# {} = \"\"  # open: which one?", field.name()));
    }
}

pub(super) fn clean(plan: &Plan<'_>, out: &mut Writer) {
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

pub(super) fn parquet(plan: &Plan<'_>, out: &mut Writer) {
    if plan.binary_floats().is_empty() {
        return;
    }
    out.section("parquet");
    out.comment(
        "The shortest decimal that names a float is what was meant, if that had 15 digits or fewer.",
    );
    match plan.answers.doubles {
        Some(doubles) => out.set("doubles", doubles.name()),
        None => out.line(&format!(
            "# doubles = \"{}\"  # open: may they be read so?",
            Doubles::Shortest.name()
        )),
    }
}

/// A comment: whether the same values mean the same row is not for a sample to say.
pub(super) fn duplicates(plan: &Plan<'_>, out: &mut Writer) {
    let Some(key) = natural_key::of(plan) else {
        return;
    };
    let rows = grouped(plan.sample.rows.len() as u64);
    out.line("");
    let repeats = match key.repeats {
        0 => format!("None of {rows} in the sample repeats"),
        1 => format!("1 of {rows} in the sample repeats"),
        repeats => format!("{} of {rows} in the sample repeat", grouped(repeats)),
    };
    let fields = match plan.dataset_type {
        DatasetType::Parties => "the role and id of an earlier one",
        _ => "these fields of an earlier one, as they are written",
    };
    out.comment(&format!("The same row again? {repeats} {fields}:"));
    out.line("# [duplicates]");
    // A party's key needs no saying: its role, which may be the file's, and its id.
    if plan.dataset_type != DatasetType::Parties {
        out.line(&format!("# key = {}", listed(&key.fields)));
    }
    out.line("# policy = \"keep\"  # or \"reject\" or \"replace\"");
}

//! A profile's mapping from canonical fields to the columns of a file.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::super::table::DatasetType;
use super::defaults::Defaults;
use super::field::{Field, Source};
use super::mistakes::Mistakes;
use super::shape::ProfileShape;

type Columns = (BTreeMap<Field, Source>, BTreeSet<Field>);

/// An unknown type has every field, so that a wrong type is one mistake and not many.
pub(super) fn check(
    shape: &ProfileShape,
    dataset_type: Option<DatasetType>,
    defaults: &Defaults,
    mistakes: &mut Mistakes,
) -> Columns {
    let known = dataset_type.map_or(Field::ALL.to_vec(), DatasetType::fields);
    let mut columns = BTreeMap::new();
    for (name, value) in &shape.columns {
        let setting = format!("columns.{name}");
        let field = mistakes.named(&setting, name, &known, Field::name);
        let source = source(field, value, shape.csv.header);
        match (field, source) {
            (Some(field), Ok(source)) => {
                columns.insert(field, source);
            }
            (_, Err(what)) => mistakes.add(setting, what),
            (None, Ok(_)) => {}
        }
    }
    if let Some(dataset_type) = dataset_type {
        required(shape, dataset_type, defaults, mistakes);
    }
    let optional = optional(shape, dataset_type, mistakes);
    (columns, optional)
}

fn source(field: Option<Field>, value: &Value, header: bool) -> Result<Source, String> {
    match value {
        Value::String(name) if name == "@row" => match field {
            None | Some(Field::RowId) => Ok(Source::Ordinal),
            Some(_) => Err("only row_id can be \"@row\"".to_owned()),
        },
        Value::String(name) if name.trim().is_empty() => Err("the name is empty".to_owned()),
        // It is kept beside rejects, in text that Postgres can hold.
        Value::String(name) if name.contains('\0') => Err("the name holds a NUL".to_owned()),
        Value::String(name) if !header => Err(format!(
            "{name:?} is a name, but the file has no header (csv.header = false): give a position"
        )),
        Value::String(name) => Ok(Source::Name(name.trim().to_owned())),
        Value::Integer(position) => match usize::try_from(*position) {
            Ok(position @ 1..) => Ok(Source::Position(position)),
            _ => Err(format!("{position} is no position; the first column is 1")),
        },
        other => Err(format!(
            "{} should be a column's name, or its position (the first is 1)",
            other.type_str()
        )),
    }
}

/// Asks the shape rather than the checked columns, so that a wrong column is not missing as well.
fn required(
    shape: &ProfileShape,
    dataset_type: DatasetType,
    defaults: &Defaults,
    mistakes: &mut Mistakes,
) {
    let has = |field: Field| shape.columns.contains_key(field.name());
    let needed = dataset_type.columns().iter();
    for column in needed.filter(|column| column.required && column.field != Field::Amount) {
        if !has(column.field) && !defaults.has(column.field) {
            let what = match column.field {
                Field::RowId => "missing; \"@row\" numbers the records",
                Field::Role | Field::Entry => "missing; a [defaults] may stand for it",
                _ => "missing",
            };
            mistakes.add(format_args!("columns.{}", column.field.name()), what);
        }
    }
    if !dataset_type.fields().contains(&Field::Amount) {
        return;
    }
    let pair = [Field::Debit, Field::Credit].map(has);
    match (has(Field::Amount), pair) {
        (true, [false, false]) | (false, [true, true]) => {}
        (false, [false, false]) => {
            if dataset_type.requires(Field::Amount) {
                let what = "missing; give it, or both debit and credit";
                mistakes.add("columns.amount", what);
            }
        }
        (false, _) => mistakes.add("columns", "debit and credit go together"),
        (true, _) => mistakes.add("columns", "give amount, or debit and credit, but not both"),
    }
}

fn optional(
    shape: &ProfileShape,
    dataset_type: Option<DatasetType>,
    mistakes: &mut Mistakes,
) -> BTreeSet<Field> {
    let mut optional = BTreeSet::new();
    for name in &shape.optional_columns {
        let Some(field) = mistakes.named("optional_columns", name, &Field::ALL, Field::name) else {
            continue;
        };
        let half = matches!(field, Field::Debit | Field::Credit);
        if half || dataset_type.is_some_and(|of| of.requires(field)) {
            mistakes.add(
                "optional_columns",
                format_args!("{name} cannot be optional"),
            );
        } else if !shape.columns.contains_key(name) {
            mistakes.add(
                "optional_columns",
                format_args!("{name} is not among the columns"),
            );
        } else {
            optional.insert(field);
        }
    }
    optional
}

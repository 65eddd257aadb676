//! How a profile says texts are cleaned.

use super::super::table::{ColumnKind, DatasetType};
use super::super::text::clean::{Cleaning, ControlCharacters, Steps};
use super::field::Field;
use super::mistakes::Mistakes;
use super::shape::ProfileShape;

pub(super) fn check(shape: &ProfileShape, mistakes: &mut Mistakes) -> Option<Cleaning> {
    let clean = &shape.clean;
    let setting = "clean.integer_floats";
    let mut integer_floats = Vec::new();
    for name in &clean.integer_floats {
        let Some(field) = mistakes.named(setting, name, &Field::ALL, Field::name) else {
            continue;
        };
        if !is_text(field) {
            mistakes.add(setting, format_args!("{name} is not a text"));
        } else if !shape.columns.contains_key(name) {
            mistakes.add(setting, format_args!("{name} is not among the columns"));
        } else {
            integer_floats.push(field);
        }
    }
    let control_characters = mistakes.named(
        "clean.control_characters",
        &clean.control_characters,
        &ControlCharacters::ALL,
        ControlCharacters::name,
    );
    let steps = Steps {
        control_characters: control_characters?,
        collapse_spaces: clean.collapse_spaces,
        strip_quotes: clean.strip_quotes,
    };
    Some(Cleaning::new(&integer_floats, steps))
}

/// Some table keeps it as the text it is.
fn is_text(field: Field) -> bool {
    let mut columns = DatasetType::ALL.iter().flat_map(|table| table.columns());
    columns.any(|column| {
        column.field == field && matches!(column.kind, ColumnKind::Text | ColumnKind::RowId)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::*;

    fn parsed(clean: &str) -> Result<Cleaning, String> {
        let toml = format!(
            "type = \"expenses\"\n[columns]\nrow_id = 1\ndate = 2\namount = 3\n\
             payer_account = 4\n[clean]\n{clean}"
        );
        let profile = Profile::parse(&toml).map_err(|error| error.to_string())?;
        Ok(profile.clean)
    }

    #[test]
    fn the_section_is_read() {
        assert!(parsed("").unwrap().is_idle());
        let cleaning = parsed(
            "integer_floats = [\"payer_account\", \"row_id\"]\ncontrol_characters = \"remove\"\n\
             collapse_spaces = true\nstrip_quotes = true",
        )
        .unwrap();
        let steps = Steps {
            control_characters: ControlCharacters::Remove,
            collapse_spaces: true,
            strip_quotes: true,
        };
        let expected = Cleaning::new(&[Field::RowId, Field::PayerAccount], steps);
        assert_eq!(cleaning, expected);
    }

    #[test]
    fn mistakes_are_listed() {
        let error = parsed(
            "integer_floats = [\"colour\", \"amount\", \"party_id\"]\ncontrol_characters = \"drop\"",
        )
        .unwrap_err();
        for part in [
            "4 mistake(s)",
            "clean.integer_floats: \"colour\" is not one of row_id, ",
            "clean.integer_floats: amount is not a text",
            "clean.integer_floats: party_id is not among the columns",
            "clean.control_characters: \"drop\" is not one of keep, space, remove",
        ] {
            assert!(error.contains(part), "{part}\n{error}");
        }
        let error = parsed("colour = true").unwrap_err();
        assert!(error.contains("colour"), "{error}");
    }
}

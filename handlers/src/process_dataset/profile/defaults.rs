//! What rows that say nothing have, by a profile.

use std::borrow::Cow;

use super::super::cell::Cell;
use super::super::table::{CALENDAR_ENTRIES, DatasetType, PARTY_ROLES};
use super::super::text::currency::Currency;
use super::field::Field;
use super::mistakes::Mistakes;
use super::shape::DefaultsShape;

/// Defaults of the few fields that a whole file may share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The currency of rows that state none.
    pub currency: Option<Currency>,
    /// What parties are that do not say: one of the roles.
    pub role: Option<&'static str>,
    /// What entries of a calendar are that do not say.
    pub entry: Option<&'static str>,
}

impl Defaults {
    /// A row without the field gets it from here.
    pub(super) fn has(&self, field: Field) -> bool {
        self.of(field) != Cell::Null
    }

    /// What a row without the field gets.
    pub(super) fn of(&self, field: Field) -> Cell<'static> {
        let word = |word: Option<&'static str>| match word {
            Some(word) => Cell::Text(Cow::Borrowed(word.as_bytes())),
            None => Cell::Null,
        };
        match field {
            Field::Currency => self.currency.map_or(Cell::Null, Cell::Currency),
            Field::Role => word(self.role),
            Field::Entry => word(self.entry),
            _ => Cell::Null,
        }
    }
}

pub(super) fn check(
    shape: &DefaultsShape,
    dataset_type: Option<DatasetType>,
    mistakes: &mut Mistakes,
) -> Defaults {
    let mut stated = |field: Field, text: &Option<String>| {
        let fits = dataset_type.is_none_or(|of| of.fields().contains(&field));
        if text.is_some() && !fits {
            let setting = format!("defaults.{}", field.name());
            mistakes.add(setting, "the dataset's type has no such field");
            return None;
        }
        text.clone()
    };
    let currency = stated(Field::Currency, &shape.currency);
    let role = stated(Field::Role, &shape.role);
    let entry = stated(Field::Entry, &shape.entry);
    let mut word = |setting: &str, text: Option<String>, words: &[&'static str]| {
        mistakes.named(setting, &text?, words, |word| word)
    };
    let role = word("defaults.role", role, PARTY_ROLES);
    let entry = word("defaults.entry", entry, CALENDAR_ENTRIES);
    let currency = currency.and_then(|text| {
        mistakes.parsed("defaults.currency", &text, "three letters, like \"EUR\"")
    });
    Defaults {
        currency,
        role,
        entry,
    }
}

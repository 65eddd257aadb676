//! What all rows of a file have in common although no column says it: the currency, the role of
//! parties, the kind of a calendar's entries.

use super::plan::Plan;
use super::words::{contains, plain, score};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::DatasetType;

/// Words of headers that say what all parties of a file are.
const ROLES: [(&str, &[&str]); 2] = [
    (
        "vendor",
        &[
            "vendor",
            "supplier",
            "lieferant",
            "lieferanten",
            "lieferantennummer",
            "kreditor",
            "kreditorennummer",
            "lifnr",
        ],
    ),
    (
        "employee",
        &[
            "employee",
            "staff",
            "mitarbeiter",
            "mitarbeiternummer",
            "personalnummer",
            "pernr",
        ],
    ),
];

/// Words of headers that say what all entries of a calendar are.
const ENTRIES: [(&str, &[&str]); 3] = [
    ("holiday", &["holiday", "feiertag"]),
    ("period_end", &["period end", "periodenende"]),
    (
        "approval_limit",
        &["approval limit", "freigabegrenze", "freigabelimit"],
    ),
];

/// Currencies that headers of amounts name: `Betrag (EUR)`.
const CURRENCIES: [&str; 10] = [
    "EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK",
];

/// What all rows have, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) word: &'static str,
    pub(super) why: String,
}

impl Plan<'_> {
    /// What all rows have of a field that needs one of a few words and that no column fills.
    /// `None` where that is not the case, or nothing tells.
    pub(super) fn shared(&self, field: Field) -> Option<Shared> {
        if !self.lacks(field) {
            return None;
        }
        let (said, words): (_, &[(&'static str, &[&str])]) = match field {
            Field::Role => (self.answers.role, &ROLES),
            Field::Entry => (self.answers.entry, &ENTRIES),
            _ => return None,
        };
        match said {
            Some(word) => Some(Shared {
                word,
                why: "You say so".to_owned(),
            }),
            // A column that may say it in words of its own speaks against all rows being alike.
            None if self.said_otherwise(field) => None,
            None => self.told(words),
        }
    }

    /// A column that no field takes has the field's name, and more than one value.
    fn said_otherwise(&self, field: Field) -> bool {
        let columns = self.facts.iter().enumerate();
        columns
            .filter(|(column, _)| !self.pairs.iter().any(|pair| pair.column == *column))
            .any(|(_, facts)| {
                let header = facts.header.unwrap_or_default();
                facts.values.distinct.len() > 1 && score(header, field) > 0
            })
    }

    /// The type needs the field, and no column fills it.
    pub(super) fn lacks(&self, field: Field) -> bool {
        self.dataset_type.requires(field) && self.pair(field).is_none()
    }

    /// The only thing that headers speak of.
    fn told(&self, words: &[(&'static str, &[&str])]) -> Option<Shared> {
        let headers = self.facts.iter().filter_map(|facts| facts.header);
        let headers: Vec<(&str, String)> = headers.map(|one| (one, plain(one))).collect();
        let mut told = words.iter().filter_map(|(word, signs)| {
            let says =
                |(_, header): &&(&str, String)| signs.iter().any(|sign| contains(header, sign));
            let (header, _) = headers.iter().find(says)?;
            Some(Shared {
                word,
                why: format!("A header says '{header}'"),
            })
        });
        told.next().filter(|_| told.next().is_none())
    }

    /// The currency of every row, where no column has it.
    pub(super) fn currency(&self) -> Option<Shared> {
        if self.pair(Field::Currency).is_some() || self.dataset_type == DatasetType::Parties {
            return None;
        }
        if let Some(word) = self.amounts.currency() {
            let why = "The signs of the amounts say so".to_owned();
            return Some(Shared { word, why });
        }
        if self.amounts.signs().next().is_some() {
            return None;
        }
        let columns = self.money_columns();
        let [name, rest @ ..] = columns.as_slice() else {
            return None;
        };
        let header = plain(name);
        let named = |code: &&str| contains(&header, &code.to_lowercase());
        let word = CURRENCIES.into_iter().find(named)?;
        let same = |name: &String| contains(&plain(name), &word.to_lowercase());
        rest.iter().all(same).then(|| Shared {
            word,
            why: format!("The header says '{name}'"),
        })
    }
}

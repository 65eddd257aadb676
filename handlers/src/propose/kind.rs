//! What the rows of a file are: told by what its columns are called and hold.

use super::Sure;
use super::facts::Facts;
use super::words::{self, contains, plain, score};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::DatasetType;

/// Words of headers, and what each says for a type. A debit beside a credit counts as well.
const SIGNS: [(DatasetType, u32, &[&str]); 10] = [
    (
        DatasetType::BankStatements,
        2,
        &[
            "balance",
            "saldo",
            "kontostand",
            "buchungstag",
            "valuta",
            "valutadatum",
            "wertstellung",
            "verwendungszweck",
            "beguenstigter",
            "zahlungspflichtiger",
            "auftragskonto",
            "buchungstext",
        ],
    ),
    (
        DatasetType::BankStatements,
        1,
        &[
            "booking date",
            "value date",
            "counterparty",
            "bic",
            "iban",
            "statement",
            "umsatz",
            "auftraggeber",
        ],
    ),
    (
        DatasetType::Expenses,
        3,
        &[
            "expense",
            "merchant",
            "spesen",
            "reimbursement",
            "claimant",
            "mileage",
            "per diem",
        ],
    ),
    (
        DatasetType::Expenses,
        1,
        &[
            "employee",
            "mitarbeiter",
            "receipt",
            "submitted",
            "cost center",
            "kostenstelle",
            "approver",
            "category",
            "cardholder",
        ],
    ),
    (
        DatasetType::Transactions,
        2,
        &[
            "payer",
            "payee",
            "vendor",
            "supplier",
            "invoice",
            "inv",
            "source",
            "target",
            "sender",
            "name orig",
            "debtor",
            "creditor",
            "lieferant",
            "rechnungsnummer",
        ],
    ),
    (
        DatasetType::Transactions,
        1,
        &[
            "transaction",
            "document number",
            "document",
            "row id",
            "reference",
            "belegnummer",
        ],
    ),
    (
        DatasetType::Parties,
        2,
        &[
            "role",
            "tax id",
            "vat",
            "steuernummer",
            "ust id",
            "address",
            "adresse",
            "anschrift",
            "street",
            "strasse",
            "rolle",
            "stras",
            "stcd1",
            "lifnr",
            "pernr",
            "vendor",
            "supplier",
            "lieferant",
            "personalnummer",
        ],
    ),
    (
        DatasetType::Parties,
        1,
        &[
            "phone",
            "telephone",
            "telefon",
            "email",
            "city",
            "ort",
            "zip",
            "plz",
            "country",
            "telf1",
        ],
    ),
    (
        DatasetType::Calendars,
        3,
        &[
            "holiday",
            "feiertag",
            "period end",
            "approval limit",
            "calendar",
            "kalender",
        ],
    ),
    (DatasetType::Calendars, 1, &["entry", "event"]),
];

/// What the rows are, as far as the columns tell.
pub(super) struct Decision {
    pub(super) dataset_type: DatasetType,
    pub(super) sure: Sure,
    pub(super) why: String,
    /// What they may be as well, if that is asked; the type itself among them.
    pub(super) choices: Vec<DatasetType>,
}

impl Decision {
    /// As somebody who knows the file says.
    pub(super) fn said(dataset_type: DatasetType) -> Self {
        Self {
            dataset_type,
            sure: Sure::Sure,
            why: "you say so".to_owned(),
            choices: Vec::new(),
        }
    }
}

/// A type, what speaks for it, and in which words.
type Scored = (u32, DatasetType, Vec<&'static str>);

/// What the rows are. Asked where nothing, or as much for one type as for another, speaks.
pub(super) fn decide(facts: &[Facts<'_>]) -> Decision {
    let mut scores = scores(facts);
    let [money, days] = shape(facts);
    for (score, dataset_type, words) in &mut scores {
        if dataset_type.by_month() && !(money && days) {
            // Each of their rows has an amount and a day.
            (*score, *words) = (0, Vec::new());
        } else if *dataset_type == DatasetType::Parties && money && days {
            *score /= 2;
        }
    }
    // The first of the best, which for none at all is transactions.
    scores.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let [(best, dataset_type, words), (second, ..), ..] = &scores;
    let as_good = scores.iter().filter(|(score, ..)| score == best);
    let choices = as_good
        .map(|(_, dataset_type, _)| *dataset_type)
        .filter(|one| *best > 0 || !money || !days || one.by_month())
        .collect();
    let sure = match best - second {
        3.. => Sure::Sure,
        1.. => Sure::Likely,
        0 => Sure::Asked,
    };
    let quoted: Vec<String> = words
        .iter()
        .take(4)
        .map(|word| format!("'{word}'"))
        .collect();
    let why = match (quoted.as_slice(), sure) {
        ([], _) => "no name of a column tells".to_owned(),
        (words, Sure::Asked) => format!("{} and others speak for each as much", words.join(", ")),
        (words, _) => format!("its columns speak of {}", words.join(", ")),
    };
    Decision {
        dataset_type: *dataset_type,
        sure,
        why,
        choices,
    }
}

fn scores(facts: &[Facts<'_>]) -> [Scored; DatasetType::ALL.len()] {
    let headers: Vec<String> = facts
        .iter()
        .filter_map(|one| Some(plain(one.header?)))
        .collect();
    let mut scores = DatasetType::ALL.map(|dataset_type| (0_u32, dataset_type, Vec::new()));
    let mut add = |wanted: DatasetType, points: u32, word: &'static str| {
        for (score, dataset_type, words) in &mut scores {
            if *dataset_type == wanted {
                *score += points;
                words.push(word);
            }
        }
    };
    let has = |word: &&str| headers.iter().any(|header| contains(header, word));
    for (dataset_type, points, words) in SIGNS {
        for word in words.iter().filter(|word| has(word)) {
            add(dataset_type, points, word);
        }
    }
    if ["debit", "soll", "money out"].iter().any(has)
        && ["credit", "haben", "money in"].iter().any(has)
    {
        add(DatasetType::BankStatements, 4, "debit and credit");
    }
    // Contents that only reference data have.
    if facts.iter().any(|one| one.most(one.entries(), 90)) {
        add(DatasetType::Calendars, 6, "entries of a calendar");
    }
    if facts.iter().any(|one| one.most(one.roles(), 90)) {
        add(DatasetType::Parties, 6, "vendors and employees");
    }
    scores
}

/// Whether some column may hold amounts, and some days or what counts them.
fn shape(facts: &[Facts<'_>]) -> [bool; 2] {
    let named = |one: &Facts<'_>, fields: &[Field]| {
        let header = one.header.unwrap_or_default();
        fields.iter().any(|field| score(header, *field) > 0)
    };
    let money = |one: &Facts<'_>| {
        one.most(one.amounts.like_money, 50)
            || named(one, &[Field::Amount, Field::Debit, Field::Credit])
    };
    let days = |one: &Facts<'_>| {
        one.most(one.dates.fits, 50)
            || named(one, &[Field::Date, Field::Timestamp, Field::PostedAt])
            || words::says_steps(one.header.unwrap_or_default())
    };
    [facts.iter().any(money), facts.iter().any(days)]
}

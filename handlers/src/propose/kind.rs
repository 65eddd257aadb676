//! What the rows of a file are: told by what its columns are called and hold.

use super::Sure;
use super::facts::Facts;
use super::words::{contains, plain};
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

/// The type, how sure that is, and why.
pub(super) fn decide(facts: &[Facts<'_>]) -> (DatasetType, Sure, String) {
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
    for (dataset_type, points, words) in SIGNS {
        for word in words {
            if headers.iter().any(|header| contains(header, word)) {
                add(dataset_type, points, word);
            }
        }
    }
    let has = |words: [&str; 3]| {
        words
            .iter()
            .any(|word| headers.iter().any(|header| contains(header, word)))
    };
    if has(["debit", "soll", "money out"]) && has(["credit", "haben", "money in"]) {
        add(DatasetType::BankStatements, 4, "debit and credit");
    }
    // Contents that only reference data have; and such data has no amount a row.
    if facts.iter().any(|one| one.most(one.entries(), 90)) {
        add(DatasetType::Calendars, 6, "entries of a calendar");
    }
    if facts.iter().any(|one| one.most(one.roles(), 90)) {
        add(DatasetType::Parties, 6, "vendors and employees");
    }
    let money = facts.iter().any(|one| one.most(one.amounts.like_money, 50));
    let days = facts.iter().any(|one| one.most(one.dates.fits, 50));
    if money && days {
        for (score, dataset_type, _) in &mut scores {
            if *dataset_type == DatasetType::Parties {
                *score /= 2;
            }
        }
    }
    // The first of the best, which for none at all is transactions.
    scores.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let [(best, dataset_type, words), (second, ..), ..] = &scores;
    let sure = match best - second {
        3.. => Sure::Sure,
        1.. => Sure::Likely,
        0 => Sure::Unsure,
    };
    let why = if words.is_empty() {
        "no header says otherwise".to_owned()
    } else {
        let words: Vec<String> = words
            .iter()
            .take(4)
            .map(|word| format!("'{word}'"))
            .collect();
        format!("its columns speak of {}", words.join(", "))
    };
    (*dataset_type, sure, why)
}

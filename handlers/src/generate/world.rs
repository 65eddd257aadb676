//! The company that the transactions are of: its parties, staff and vocabulary.

use super::rng::Rng;

const PARTIES: usize = 5000;
/// Employees who file, and approvers who sign.
pub(super) const EMPLOYEES: usize = 400;
pub(super) const APPROVERS: usize = 40;

pub(super) const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];
/// The company's own account in each currency.
pub(super) const OWN_ACCOUNTS: [&str; 3] = [
    "DE44500105175407324931",
    "US64SVBKUS6S3300958879",
    "GB33BUKB20201555555555",
];

/// Amounts from which a second signature is needed, in cents.
pub(super) const APPROVAL_LIMITS: [i64; 3] = [500_000, 1_000_000, 2_500_000];

pub(super) const CATEGORIES: [&str; 12] = [
    "office",
    "travel",
    "software",
    "consulting",
    "freight",
    "rent",
    "utilities",
    "marketing",
    "maintenance",
    "training",
    "hardware",
    "legal",
];

pub(super) const PURPOSES: [&str; 10] = [
    "monthly invoice",
    "project work",
    "spare parts",
    "subscription",
    "delivery",
    "service visit",
    "advance payment",
    "final payment",
    "expense refund",
    "framework order",
];

const FAMILIES: [&str; 24] = [
    "Meyer",
    "Rossi",
    "Dubois",
    "Smith",
    "Kowalski",
    "Jensen",
    "García",
    "Novák",
    "Silva",
    "Okafor",
    "Yamada",
    "Lindqvist",
    "Brandt",
    "O'Neill",
    "Petrov",
    "Schröder",
    "Van Dijk",
    "Costa",
    "Keller",
    "Moreau",
    "Hughes",
    "Nakamura",
    "Weber",
    "Ferrari",
];
const TRADES: [&str; 16] = [
    "Logistics",
    "Engineering",
    "Foods",
    "Consulting",
    "Print",
    "Textiles",
    "Energy",
    "Catering",
    "Software",
    "Travel",
    "Paper",
    "Chemicals",
    "Motors",
    "Media",
    "Steel",
    "Design",
];
const FORMS: [&str; 6] = ["GmbH", "Ltd", "SARL", "S.p.A.", "& Sons", "AG"];
const COUNTRIES: [&str; 6] = ["DE", "FR", "IT", "ES", "NL", "GB"];

/// One vendor or customer, with its fields as they stand in the file.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) id: String,
    /// Quoted where it has a comma or a quote.
    pub(super) name: String,
    pub(super) account: String,
    pub(super) currency: usize,
    pub(super) category: usize,
}

/// Everything that is drawn once.
pub(super) struct World {
    pub(super) parties: Vec<Party>,
}

impl World {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            parties: (0..PARTIES).map(|index| party(index, rng)).collect(),
        }
    }
}

fn party(index: usize, rng: &mut Rng) -> Party {
    let family = FAMILIES[rng.below(FAMILIES.len())];
    let trade = TRADES[rng.below(TRADES.len())];
    let form = FORMS[rng.below(FORMS.len())];
    let name = match rng.below(50) {
        0 => format!("\"The \"\"{family}\"\" {trade} {form}\""),
        1..=3 => format!("\"{family} {trade}, {form}\""),
        _ => format!("{family} {trade} {form}"),
    };
    let country = COUNTRIES[rng.below(COUNTRIES.len())];
    let account = format!(
        "{country}{:02}{:016}",
        rng.below(98) + 2,
        rng.next() % 10_u64.pow(16)
    );
    // Most is paid in the first currency.
    let currency = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][rng.below(10)];
    let category = rng.below(CATEGORIES.len());
    Party {
        id: format!("P{:06}", index + 1),
        name,
        account,
        currency,
        category,
    }
}

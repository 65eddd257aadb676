//! The profiles that come with the product.

const SHIPPED: [(&str, &str); 7] = [
    (
        "amlsim-transfers",
        include_str!("../../profiles/amlsim-transfers.toml"),
    ),
    (
        "canonical-calendar",
        include_str!("../../profiles/canonical-calendar.toml"),
    ),
    (
        "canonical-parties",
        include_str!("../../profiles/canonical-parties.toml"),
    ),
    (
        "canonical-transactions",
        include_str!("../../profiles/canonical-transactions.toml"),
    ),
    (
        "corporate-payments",
        include_str!("../../profiles/corporate-payments.toml"),
    ),
    (
        "generic-bank-statement",
        include_str!("../../profiles/generic-bank-statement.toml"),
    ),
    (
        "generic-expenses",
        include_str!("../../profiles/generic-expenses.toml"),
    ),
];

/// The TOML of the shipped profile with this name.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, toml)| *toml)
}

/// The names of the shipped profiles, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

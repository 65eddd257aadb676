//! The canonical fields, and where a profile finds them.

/// A canonical field. The names are those of the tables' columns, but for the pair of debit and
/// credit, which together make the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the column of its name")]
pub enum Field {
    RowId,
    Date,
    Timestamp,
    PostedAt,
    Amount,
    Debit,
    Credit,
    Currency,
    PayerAccount,
    PayeeAccount,
    PartyId,
    PartyName,
    Employee,
    Approver,
    DocumentNumber,
    Reference,
    Category,
    Description,
    Role,
    Account,
    Address,
    Phone,
    TaxId,
    Entry,
    Name,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 25] = [
        Self::RowId,
        Self::Date,
        Self::Timestamp,
        Self::PostedAt,
        Self::Amount,
        Self::Debit,
        Self::Credit,
        Self::Currency,
        Self::PayerAccount,
        Self::PayeeAccount,
        Self::PartyId,
        Self::PartyName,
        Self::Employee,
        Self::Approver,
        Self::DocumentNumber,
        Self::Reference,
        Self::Category,
        Self::Description,
        Self::Role,
        Self::Account,
        Self::Address,
        Self::Phone,
        Self::TaxId,
        Self::Entry,
        Self::Name,
    ];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RowId => "row_id",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::PostedAt => "posted_at",
            Self::Amount => "amount",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Currency => "currency",
            Self::PayerAccount => "payer_account",
            Self::PayeeAccount => "payee_account",
            Self::PartyId => "party_id",
            Self::PartyName => "party_name",
            Self::Employee => "employee",
            Self::Approver => "approver",
            Self::DocumentNumber => "document_number",
            Self::Reference => "reference",
            Self::Category => "category",
            Self::Description => "description",
            Self::Role => "role",
            Self::Account => "account",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::TaxId => "tax_id",
            Self::Entry => "entry",
            Self::Name => "name",
        }
    }
}

/// Where a field is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The column with this header, compared without case and surrounding white space.
    Name(String),
    /// The column at this position; the first is 1.
    Position(usize),
    /// No column: the record's own ordinal, 1 for the first. Written `"@row"`; for row ids only.
    Ordinal,
}

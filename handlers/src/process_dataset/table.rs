//! The tables that datasets load into: which columns, of which kind.

use super::profile::Field;

/// What the rows of a file are, and so the table that they go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatasetType {
    /// `nexus.transactions`
    Transactions,
    /// `nexus.expenses`
    Expenses,
    /// `nexus.bank_statements`
    BankStatements,
    /// `nexus.parties`: vendors and employees, for reference.
    Parties,
    /// `nexus.calendars`: holidays, period ends and approval limits, for reference.
    Calendars,
}

/// One column of a table, after those that every row shares (tenant, case, dataset, row number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field that fills it.
    pub field: Field,
    /// What it holds.
    pub kind: ColumnKind,
    /// A row without it is rejected, and a profile without it refused.
    pub required: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A text that names the row; the record's ordinal if the profile says so.
    RowId,
    /// A day.
    Day,
    /// A moment.
    Moment,
    /// An amount; may come from a debit and a credit column.
    Money,
    /// Three letters.
    Currency,
    /// A text as it stands.
    Text,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
}

/// What a party can be.
pub const PARTY_ROLES: &[&str] = &["vendor", "employee"];

/// What an entry of a calendar can be.
pub const CALENDAR_ENTRIES: &[&str] = &["holiday", "period_end", "approval_limit"];

const EXAMINED: &[Column] = &[
    required(Field::RowId, ColumnKind::RowId),
    required(Field::Date, ColumnKind::Day),
    optional(Field::Timestamp, ColumnKind::Moment),
    optional(Field::PostedAt, ColumnKind::Moment),
    required(Field::Amount, ColumnKind::Money),
    optional(Field::Currency, ColumnKind::Currency),
    optional(Field::PayerAccount, ColumnKind::Text),
    optional(Field::PayeeAccount, ColumnKind::Text),
    optional(Field::PartyId, ColumnKind::Text),
    optional(Field::PartyName, ColumnKind::Text),
    optional(Field::Employee, ColumnKind::Text),
    optional(Field::Approver, ColumnKind::Text),
    optional(Field::DocumentNumber, ColumnKind::Text),
    optional(Field::Reference, ColumnKind::Text),
    optional(Field::Category, ColumnKind::Text),
    optional(Field::Description, ColumnKind::Text),
];

const PARTIES: &[Column] = &[
    required(Field::RowId, ColumnKind::RowId),
    required(Field::Role, ColumnKind::Choice(PARTY_ROLES)),
    required(Field::PartyId, ColumnKind::Text),
    optional(Field::PartyName, ColumnKind::Text),
    optional(Field::Account, ColumnKind::Text),
    optional(Field::Address, ColumnKind::Text),
    optional(Field::Phone, ColumnKind::Text),
    optional(Field::TaxId, ColumnKind::Text),
];

const CALENDARS: &[Column] = &[
    required(Field::RowId, ColumnKind::RowId),
    required(Field::Entry, ColumnKind::Choice(CALENDAR_ENTRIES)),
    optional(Field::Date, ColumnKind::Day),
    optional(Field::Name, ColumnKind::Text),
    optional(Field::Approver, ColumnKind::Text),
    optional(Field::Amount, ColumnKind::Money),
    optional(Field::Currency, ColumnKind::Currency),
];

/// The most columns that any table has after the shared ones.
pub const COLUMNS_MAX: usize = 16;

impl DatasetType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::Transactions,
        Self::Expenses,
        Self::BankStatements,
        Self::Parties,
        Self::Calendars,
    ];

    /// The name in profiles, which is also the table's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Expenses => "expenses",
            Self::BankStatements => "bank_statements",
            Self::Parties => "parties",
            Self::Calendars => "calendars",
        }
    }

    /// The table's columns after the shared ones, in its order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Transactions | Self::Expenses | Self::BankStatements => EXAMINED,
            Self::Parties => PARTIES,
            Self::Calendars => CALENDARS,
        }
    }

    /// The fields that the table can be filled from: its columns', and where it has an amount also
    /// the debit and the credit that make one.
    pub fn fields(self) -> Vec<Field> {
        let columns = self.columns();
        let has_amount = columns
            .iter()
            .any(|column| column.kind == ColumnKind::Money);
        let pair = [Field::Debit, Field::Credit].into_iter();
        let fields = columns.iter().map(|column| column.field);
        fields.chain(pair.filter(|_| has_amount)).collect()
    }

    /// A row without the field is rejected.
    pub fn requires(self, field: Field) -> bool {
        let mut columns = self.columns().iter();
        columns.any(|column| column.field == field && column.required)
    }

    /// The table is partitioned by the month of its date. Reference data is small and is not.
    pub const fn by_month(self) -> bool {
        !matches!(self, Self::Parties | Self::Calendars)
    }
}

const fn required(field: Field, kind: ColumnKind) -> Column {
    Column {
        field,
        kind,
        required: true,
    }
}

const fn optional(field: Field, kind: ColumnKind) -> Column {
    Column {
        field,
        kind,
        required: false,
    }
}

#[cfg(test)]
mod tests {
    use nexus_schema::datasets::DatasetTable;

    use super::*;

    /// Rows are copied by position, and keys are compared by name: both crates must mean the same.
    #[test]
    fn columns_are_those_that_the_ledger_knows() {
        for dataset_type in DatasetType::ALL {
            let table = DatasetTable::of_type(dataset_type.as_str()).unwrap();
            let names = dataset_type
                .columns()
                .iter()
                .map(|column| column.field.name());
            assert_eq!(names.collect::<Vec<_>>(), table.columns());
            assert!(dataset_type.columns().len() <= COLUMNS_MAX);
        }
    }
}

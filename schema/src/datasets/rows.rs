use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_jobs::DatasetId;

use crate::error::{Error, Result};
use crate::prepared::Prepared;

/// A table that datasets load into. These tables have no key, so Diesel does not know them, and
/// statements over them are texts: this type is where their names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatasetTable {
    /// `nexus.transactions`
    Transactions,
    /// `nexus.expenses`
    Expenses,
    /// `nexus.bank_statements`
    BankStatements,
    /// `nexus.parties`
    Parties,
    /// `nexus.calendars`
    Calendars,
}

const EXAMINED: &[&str] = &[
    "row_id",
    "date",
    "timestamp",
    "posted_at",
    "amount",
    "currency",
    "payer_account",
    "payee_account",
    "party_id",
    "party_name",
    "employee",
    "approver",
    "document_number",
    "reference",
    "category",
    "description",
];

const PARTIES: &[&str] = &[
    "row_id",
    "role",
    "party_id",
    "party_name",
    "account",
    "address",
    "phone",
    "tax_id",
];

const CALENDARS: &[&str] = &[
    "row_id", "entry", "date", "name", "approver", "amount", "currency",
];

impl DatasetTable {
    /// The table of a dataset's type.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] where there is no such type.
    pub fn of_type(type_: &str) -> Result<Self> {
        Ok(match type_ {
            "transactions" => Self::Transactions,
            "expenses" => Self::Expenses,
            "bank_statements" => Self::BankStatements,
            "parties" => Self::Parties,
            "calendars" => Self::Calendars,
            _ => return Err(Error::Invalid(format!("no dataset type {type_:?}"))),
        })
    }

    /// Its name, with the schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transactions => "nexus.transactions",
            Self::Expenses => "nexus.expenses",
            Self::BankStatements => "nexus.bank_statements",
            Self::Parties => "nexus.parties",
            Self::Calendars => "nexus.calendars",
        }
    }

    /// Its columns after those that every row shares, in its order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Transactions | Self::Expenses | Self::BankStatements => EXAMINED,
            Self::Parties => PARTIES,
            Self::Calendars => CALENDARS,
        }
    }

    const fn delete(self) -> &'static str {
        match self {
            Self::Transactions => {
                "DELETE FROM nexus.transactions WHERE dataset_id = $1 AND row_no > $2"
            }
            Self::Expenses => "DELETE FROM nexus.expenses WHERE dataset_id = $1 AND row_no > $2",
            Self::BankStatements => {
                "DELETE FROM nexus.bank_statements WHERE dataset_id = $1 AND row_no > $2"
            }
            Self::Parties => "DELETE FROM nexus.parties WHERE dataset_id = $1 AND row_no > $2",
            Self::Calendars => "DELETE FROM nexus.calendars WHERE dataset_id = $1 AND row_no > $2",
        }
    }
}

/// A dataset's rows by the index on it. Without statistics of its own, which it never has while it is
/// loaded, Postgres holds BRIN to be of no use and reads the rows of every dataset.
pub(super) const BY_INDEX: &str = "SET LOCAL enable_seqscan = off";
/// Takes [`BY_INDEX`] back.
pub(super) const BY_INDEX_BACK: &str = "RESET enable_seqscan";

/// Millions of rows may take longer than a request may. Until the transaction ends.
pub(super) async fn take_the_time(conn: &mut AsyncPgConnection) -> Result<()> {
    sql_query("SET LOCAL statement_timeout = 0")
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes a dataset's rows behind a row number. BRIN finds the dataset's.
pub(super) async fn delete_rows(
    conn: &mut AsyncPgConnection,
    table: DatasetTable,
    dataset: DatasetId,
    rows_before: i64,
) -> Result<()> {
    take_the_time(conn).await?;
    conn.batch_execute(BY_INDEX).await?;
    let delete = sql_query(table.delete())
        .bind::<BigInt, _>(dataset.0)
        .bind::<BigInt, _>(rows_before);
    Prepared(delete).execute(conn).await?;
    conn.batch_execute(BY_INDEX_BACK).await?;
    Ok(())
}

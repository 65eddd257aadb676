//! A dataset's figures, counted anew in its table once rows of it have gone.

use chrono::NaiveDate;
use diesel::sql_types::{BigInt, Date, Nullable, Numeric, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::DatasetId;

use crate::datasets::figures::{CurrencySum, Figures};
use crate::datasets::rows::DatasetTable;
use crate::error::Result;
use crate::money::Total;

/// What stands. Of the figures, `rows_read` and `rows_rejected` are not in the table, and zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::datasets) struct Recounted {
    /// Of the load.
    pub(in crate::datasets) load: Figures,
    /// Of the dataset.
    pub(in crate::datasets) dataset: Figures,
    /// Of the dataset: rows with an amount, by currency.
    pub(in crate::datasets) sums: Vec<CurrencySum>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    amounts: i64,
    #[diesel(sql_type = Numeric)]
    amount_sum: Total,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    negative: i64,
    #[diesel(sql_type = BigInt)]
    zero: i64,
    #[diesel(sql_type = Nullable<Date>)]
    date_min: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    date_max: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    load_rows: i64,
    #[diesel(sql_type = BigInt)]
    load_negative: i64,
    #[diesel(sql_type = BigInt)]
    load_zero: i64,
    #[diesel(sql_type = Nullable<Date>)]
    load_date_min: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    load_date_max: Option<NaiveDate>,
}

/// Counts what stands of a dataset, and of its load behind a row number.
pub(super) async fn recount(
    conn: &mut AsyncPgConnection,
    table: DatasetTable,
    dataset: DatasetId,
    rows_before: i64,
) -> Result<Recounted> {
    let rows: Vec<Row> = sql_query(text(table))
        .bind::<BigInt, _>(dataset.0)
        .bind::<BigInt, _>(rows_before)
        .load(conn)
        .await?;
    Ok(rows.into_iter().fold(Recounted::default(), add))
}

fn text(table: DatasetTable) -> String {
    let has = |column| table.columns().contains(&column);
    let or = |column, there, not_there| if has(column) { there } else { not_there };
    include_str!("recount.sql")
        .replace("{table}", table.name())
        .replace(
            "{currency}",
            or("currency", "coalesce(t.currency, '')", "''"),
        )
        .replace("{amount}", or("amount", "t.amount", "NULL::numeric"))
        .replace("{date}", or("date", "t.date", "NULL::date"))
}

fn add(mut all: Recounted, row: Row) -> Recounted {
    all.dataset = all.dataset.plus(Figures {
        rows_loaded: row.rows,
        rows_negative: row.negative,
        rows_zero: row.zero,
        date_min: row.date_min,
        date_max: row.date_max,
        ..Figures::default()
    });
    all.load = all.load.plus(Figures {
        rows_loaded: row.load_rows,
        rows_negative: row.load_negative,
        rows_zero: row.load_zero,
        date_min: row.load_date_min,
        date_max: row.load_date_max,
        ..Figures::default()
    });
    if row.amounts > 0 {
        all.sums.push(CurrencySum {
            currency: row.currency,
            rows: row.amounts,
            amount_sum: row.amount_sum,
        });
    }
    all
}

//! What an index costs a bulk load: the same rows copied into copies of a table that differ in
//! nothing but their indexes. For `nexus bench`.

use std::time::{Duration, Instant};

use chrono::{Datelike, Months, NaiveDate};
use nexus_config::Postgres;
use tokio_postgres::{Client, NoTls};

use super::loader::{LeafRows, copy};
use crate::connect::config;
use crate::error::Result;

/// A schema of its own, dropped before and after.
const SCHEMA: &str = "nexus_bench_indexes";

/// Which indexes the copy of the table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// None at all.
    Nothing,
    /// What `nexus.transactions` has: BRIN on the dataset.
    Brin,
    /// A B-tree on the dataset, whose values come in order.
    BtreeDataset,
    /// A unique B-tree on dataset and row number, which come in order.
    UniqueRowNumber,
    /// A unique B-tree on dataset and row id: three columns with the date that partitions need.
    UniqueRowId,
    /// A B-tree on a text of many values in no order: the party.
    BtreeParty,
}

impl Indexed {
    fn ddl(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Brin => Some("INDEX ON rows USING brin (dataset_id) WITH (pages_per_range = 32)"),
            Self::BtreeDataset => Some("INDEX ON rows (dataset_id)"),
            Self::UniqueRowNumber => Some("UNIQUE INDEX ON rows (dataset_id, row_no, date)"),
            Self::UniqueRowId => Some("UNIQUE INDEX ON rows (dataset_id, row_id, date)"),
            Self::BtreeParty => Some("INDEX ON rows (party_id)"),
        }
    }
}

/// Copies chunks of rows, each in a transaction, into monthly partitions of a new table with
/// these indexes, as the owner. Returns the time of copying alone.
pub async fn copy_into(
    settings: &Postgres,
    indexed: Indexed,
    chunks: Vec<Vec<LeafRows>>,
) -> Result<Duration> {
    let (mut client, connection) = config(settings.owner_url.expose(), settings)?
        .connect(NoTls)
        .await?;
    let driver = tokio::spawn(connection);
    prepare(&client, indexed, &chunks).await?;
    let began = Instant::now();
    for chunk in chunks {
        let transaction = client.transaction().await?;
        for rows in chunk {
            let leaf = leaf(&rows);
            copy(
                &transaction,
                &format!("COPY {leaf} FROM STDIN BINARY"),
                rows.bytes,
            )
            .await?;
        }
        transaction.commit().await?;
    }
    let took = began.elapsed();
    client
        .batch_execute(&format!("DROP SCHEMA {SCHEMA} CASCADE"))
        .await?;
    drop(client);
    driver.abort();
    Ok(took)
}

async fn prepare(client: &Client, indexed: Indexed, chunks: &[Vec<LeafRows>]) -> Result<()> {
    let mut sql = format!(
        "DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; \
         SET search_path = {SCHEMA}; \
         CREATE TABLE rows (LIKE nexus.transactions) PARTITION BY RANGE (date);"
    );
    if let Some(ddl) = indexed.ddl() {
        sql.push_str(&format!("CREATE {ddl};"));
    }
    let mut months: Vec<_> = chunks
        .iter()
        .flatten()
        .filter_map(|rows| rows.month)
        .collect();
    months.sort_unstable();
    months.dedup();
    for month in months {
        let next = month + Months::new(1);
        sql.push_str(&format!(
            "CREATE TABLE {} PARTITION OF rows FOR VALUES FROM ('{month}') TO ('{next}');",
            name(month)
        ));
    }
    Ok(client.batch_execute(&sql).await?)
}

fn leaf(rows: &LeafRows) -> String {
    rows.month.map_or_else(|| "rows".to_owned(), name)
}

fn name(month: NaiveDate) -> String {
    format!("rows_y{:04}m{:02}", month.year(), month.month())
}

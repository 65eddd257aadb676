//! The loader: chunks of encoded rows, each with its checkpoint in one transaction.
//!
//! Diesel has no asynchronous COPY, so this is the one place that uses
//! `tokio-postgres` directly, as the role `nexus_loader`, which may write leaf
//! partitions, the small tables that have none, and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::SinkExt;
use nexus_config::Postgres;
use nexus_jobs::{JobId, LoadId, Token};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Client, NoTls, Transaction};

use crate::connect::config;
use crate::error::{Error, Result};

/// Bytes handed to the connection at once: large enough to amortise, small enough
/// that the server need not hold a whole chunk in one message.
const SLICE_BYTES: usize = 256 * 1024;

const REJECT_COLUMNS: &str =
    "tenant_id, case_id, dataset_id, line_no, row_no, column_name, reason, raw";

/// A bounded number of loader connections.
#[derive(Clone, Debug)]
pub struct Loaders {
    settings: Postgres,
    permits: Arc<Semaphore>,
}

impl Loaders {
    /// At most `settings.loader_connections` at once.
    pub fn new(settings: &Postgres) -> Self {
        let permits = settings.loader_connections.max(1) as usize;
        Self {
            settings: settings.clone(),
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    /// A connection for one load, waiting for a free place.
    pub async fn connect(&self) -> Result<Loader> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let (client, connection) = config(self.settings.loader_url.expose(), &self.settings)?
            .connect(NoTls)
            .await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a loader connection ended");
            }
        });
        Ok(Loader {
            client,
            leaves: HashMap::new(),
            _permit: permit,
        })
    }
}

/// Encoded rows for one table: a whole binary COPY, header to trailer.
#[derive(Debug)]
pub struct LeafRows {
    /// The first day of the month whose partition they go to; `None`: the table is not partitioned.
    pub month: Option<NaiveDate>,
    /// The bytes.
    pub bytes: Bytes,
}

/// A chunk: rows by month, rejects, and the checkpoint that stands for both.
#[derive(Debug)]
pub struct ChunkToLoad<'a> {
    /// The table's name, or the parent's of its partitions.
    pub table: &'a str,
    /// The rows.
    pub leaves: Vec<LeafRows>,
    /// A whole binary COPY of rejects; `None` where there are none.
    pub rejects: Option<Bytes>,
    /// The load.
    pub load: LoadId,
    /// Where the next attempt resumes, as JSON text.
    pub checkpoint: String,
    /// The job that loads it.
    pub job: JobId,
    /// Its claim.
    pub token: Token,
}

/// One connection as `nexus_loader`.
#[derive(Debug)]
pub struct Loader {
    client: Client,
    leaves: HashMap<(String, NaiveDate), String>,
    _permit: OwnedSemaphorePermit,
}

impl Loader {
    /// Loads a chunk: every row, every reject and the checkpoint, or nothing.
    ///
    /// [`Error::StaleClaim`] where the job was rescued meanwhile.
    pub async fn load(&mut self, chunk: ChunkToLoad<'_>) -> Result<()> {
        // Partitions are made outside the transaction, which would hold their locks.
        let mut leaves = Vec::with_capacity(chunk.leaves.len());
        for rows in chunk.leaves {
            leaves.push((self.leaf(chunk.table, rows.month).await?, rows.bytes));
        }
        let rejects_leaf = match &chunk.rejects {
            Some(_) => Some(self.rejects_leaf().await?),
            None => None,
        };
        let transaction = self.client.transaction().await?;
        for (leaf, bytes) in leaves {
            copy(
                &transaction,
                &format!("COPY nexus.{leaf} FROM STDIN BINARY"),
                bytes,
            )
            .await?;
        }
        if let (Some(leaf), Some(bytes)) = (rejects_leaf, chunk.rejects) {
            let sql = format!("COPY nexus.{leaf} ({REJECT_COLUMNS}) FROM STDIN BINARY");
            copy(&transaction, &sql, bytes).await?;
        }
        transaction
            .execute(
                "SELECT nexus.save_checkpoint($1, $2::text::json)",
                &[&chunk.load.0, &chunk.checkpoint],
            )
            .await?;
        fence(&transaction, chunk.job, chunk.token).await?;
        Ok(transaction.commit().await?)
    }

    /// Copies rows in one transaction and does nothing else: the ceiling that
    /// `nexus bench` holds a load against.
    pub async fn copy_only(&mut self, table: &str, rows: Vec<LeafRows>) -> Result<()> {
        let mut leaves = Vec::with_capacity(rows.len());
        for rows in rows {
            leaves.push((self.leaf(table, rows.month).await?, rows.bytes));
        }
        let transaction = self.client.transaction().await?;
        for (leaf, bytes) in leaves {
            let sql = format!("COPY nexus.{leaf} FROM STDIN BINARY");
            copy(&transaction, &sql, bytes).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn leaf(&mut self, table: &str, month: Option<NaiveDate>) -> Result<String> {
        let Some(month) = month else {
            return Ok(table.to_owned());
        };
        let key = (table.to_owned(), month);
        if let Some(leaf) = self.leaves.get(&key) {
            return Ok(leaf.clone());
        }
        let row = self
            .client
            .query_one("SELECT nexus.month_leaf($1, $2)", &[&table, &month])
            .await?;
        let leaf: String = row.get(0);
        self.leaves.insert(key, leaf.clone());
        Ok(leaf)
    }

    /// Rejects are partitioned by the time of the load. Asked anew for each chunk,
    /// since a load may run past the end of a month.
    async fn rejects_leaf(&self) -> Result<String> {
        let sql = "SELECT nexus.month_leaf('dataset_rejects', (now() AT TIME ZONE 'UTC')::date)";
        Ok(self.client.query_one(sql, &[]).await?.get(0))
    }
}

pub(super) async fn copy(transaction: &Transaction<'_>, sql: &str, mut bytes: Bytes) -> Result<()> {
    let sink = transaction.copy_in::<_, Bytes>(sql).await?;
    let mut sink = std::pin::pin!(sink);
    while !bytes.is_empty() {
        let slice = bytes.split_to(SLICE_BYTES.min(bytes.len()));
        sink.feed(slice).await?;
    }
    sink.finish().await?;
    Ok(())
}

async fn fence(transaction: &Transaction<'_>, job: JobId, token: Token) -> Result<()> {
    let fenced = transaction
        .execute(
            "SELECT nexus.fence($1, $2::text::uuid)",
            &[&job.0, &token.0.to_string()],
        )
        .await;
    match fenced {
        Err(error) if error.code().is_some_and(|code| code.code() == "NX001") => {
            Err(Error::StaleClaim(job))
        }
        other => Ok(other.map(drop)?),
    }
}

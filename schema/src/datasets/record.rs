use chrono::NaiveDate;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, CaseId, DatasetId, JobId, TenantId};
use serde_json::Value;

use crate::datasets::view::{CurrencySum, RejectCount};
use crate::error::{Error, Result};
use crate::prepared::Prepared;
use crate::schema::nexus::{cases, dataset_reject_counts, dataset_sums, datasets};

/// A dataset about to be asked for.
#[derive(Clone, Debug)]
pub struct NewDataset {
    /// The case it belongs to.
    pub case: CaseId,
    /// Its name.
    pub name: String,
    /// `transactions`, `expenses` or `bank_statements`: the profile's type.
    pub type_: String,
    /// The absolute path of its file.
    pub source: String,
    /// The profile's name.
    pub profile_name: String,
    /// The whole profile as TOML.
    pub profile: String,
}

/// What a load needs to know of its dataset.
#[derive(Clone, Debug, Queryable)]
pub struct Started {
    /// Whose it is.
    pub tenant_id: i64,
    /// The case it belongs to.
    pub case_id: i64,
    /// Its type, which names the table.
    pub type_: String,
    /// `pending`, `loading`, `loaded` or `failed`.
    pub state: String,
    /// Where its bytes come from.
    pub source: String,
    /// The whole profile as TOML.
    pub profile: String,
    /// Where an earlier attempt got to.
    pub checkpoint: Option<Value>,
}

/// What a finished load found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// SHA-256 of the input's bytes, in hex.
    pub sha256: String,
    /// The input's bytes.
    pub bytes: i64,
    /// Data rows read.
    pub rows_read: i64,
    /// Rows loaded.
    pub rows_loaded: i64,
    /// Rows rejected.
    pub rows_rejected: i64,
    /// Rows loaded with an amount below zero.
    pub rows_negative: i64,
    /// Rows loaded with an amount of exactly zero.
    pub rows_zero: i64,
    /// The earliest date.
    pub date_min: Option<NaiveDate>,
    /// The latest date.
    pub date_max: Option<NaiveDate>,
    /// Milliseconds by stage.
    pub timing: Value,
    /// Sums by currency.
    pub sums: Vec<CurrencySum>,
    /// Rejected rows by reason.
    pub rejects: Vec<RejectCount>,
}

/// Writes a dataset's row, in whatever transaction `conn` is in: the one that
/// also enqueues its job.
pub async fn create(
    conn: &mut AsyncPgConnection,
    new: &NewDataset,
    actor: &Actor,
) -> Result<(DatasetId, TenantId)> {
    let case: Option<(i64, String)> = cases::table
        .find(new.case.0)
        .select((cases::tenant_id, cases::state))
        .first(conn)
        .await
        .optional()?;
    let Some((tenant, state)) = case else {
        return Err(Error::NotFound {
            what: "case",
            id: new.case.to_string(),
        });
    };
    if state != "open" {
        return Err(Error::Invalid(format!(
            "case {} is {state}: reopen it first",
            new.case
        )));
    }
    let id = diesel::insert_into(datasets::table)
        .values((
            datasets::tenant_id.eq(tenant),
            datasets::case_id.eq(new.case.0),
            datasets::name.eq(&new.name),
            datasets::type_.eq(&new.type_),
            datasets::source.eq(&new.source),
            datasets::profile_name.eq(&new.profile_name),
            datasets::profile.eq(&new.profile),
            datasets::created_by.eq(actor.as_str()),
        ))
        .returning(datasets::id)
        .get_result(conn)
        .await
        .map_err(|error| match error {
            DieselError::DatabaseError(DatabaseErrorKind::CheckViolation, _) => {
                Error::Invalid(format!("no dataset type {:?}", new.type_))
            }
            other => other.into(),
        })?;
    Ok((DatasetId(id), TenantId(tenant)))
}

/// Notes which job loads a dataset.
pub async fn attach_job(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    job: JobId,
) -> Result<()> {
    diesel::update(datasets::table.find(dataset.0))
        .set(datasets::job_id.eq(job.0))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a load needs to know to start or to go on.
pub async fn start(conn: &mut AsyncPgConnection, dataset: DatasetId) -> Result<Started> {
    datasets::table
        .find(dataset.0)
        .select((
            datasets::tenant_id,
            datasets::case_id,
            datasets::type_,
            datasets::state,
            datasets::source,
            datasets::profile,
            datasets::checkpoint,
        ))
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::NotFound {
            what: "dataset",
            id: dataset.to_string(),
        })
}

/// Records a finished load, in the transaction that completes its job.
pub async fn finish(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    loaded: &Loaded,
) -> Result<()> {
    note(conn, dataset, loaded, "loaded", None).await
}

/// Records a failed load: its report stays, its rows go. In the transaction that
/// discards its job. `found` is `None` where the input was not read to its end; then
/// what its checkpoint says of rejects stays.
pub async fn fail(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    found: Option<&Loaded>,
    error: &str,
) -> Result<()> {
    match found {
        Some(loaded) => note(conn, dataset, loaded, "failed", Some(error)).await?,
        None => write_rejects_so_far(conn, dataset).await?,
    }
    let table: String = diesel::update(datasets::table.find(dataset.0))
        .set((
            datasets::state.eq("failed"),
            datasets::error.eq(error),
            datasets::rows_loaded.eq(0),
            datasets::finished_at.eq(now),
        ))
        .returning(datasets::type_)
        .get_result(conn)
        .await?;
    delete_rows(conn, dataset, &table).await
}

async fn note(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    loaded: &Loaded,
    state: &str,
    error: Option<&str>,
) -> Result<()> {
    let (tenant, case): (i64, i64) = diesel::update(datasets::table.find(dataset.0))
        .set((
            datasets::state.eq(state),
            datasets::error.eq(error),
            datasets::sha256.eq(&loaded.sha256),
            datasets::bytes.eq(loaded.bytes),
            datasets::rows_read.eq(loaded.rows_read),
            datasets::rows_loaded.eq(if state == "loaded" {
                loaded.rows_loaded
            } else {
                0
            }),
            datasets::rows_rejected.eq(loaded.rows_rejected),
            datasets::rows_negative.eq(loaded.rows_negative),
            datasets::rows_zero.eq(loaded.rows_zero),
            datasets::date_min.eq(loaded.date_min),
            datasets::date_max.eq(loaded.date_max),
            datasets::timing.eq(&loaded.timing),
            datasets::finished_at.eq(now),
        ))
        .returning((datasets::tenant_id, datasets::case_id))
        .get_result(conn)
        .await?;
    let owner = (tenant, case, dataset.0);
    write_sums(conn, owner, &loaded.sums).await?;
    write_rejects(conn, owner, &loaded.rejects).await
}

async fn write_sums(
    conn: &mut AsyncPgConnection,
    (tenant, case, dataset): (i64, i64, i64),
    sums: &[CurrencySum],
) -> Result<()> {
    use dataset_sums as s;
    let rows: Vec<_> = sums
        .iter()
        .map(|sum| {
            (
                s::tenant_id.eq(tenant),
                s::case_id.eq(case),
                s::dataset_id.eq(dataset),
                s::currency.eq(&sum.currency),
                s::rows.eq(sum.rows),
                s::amount_sum.eq(sum.amount_sum),
            )
        })
        .collect();
    diesel::insert_into(s::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

async fn write_rejects(
    conn: &mut AsyncPgConnection,
    (tenant, case, dataset): (i64, i64, i64),
    counts: &[RejectCount],
) -> Result<()> {
    use dataset_reject_counts as r;
    let rows: Vec<_> = counts
        .iter()
        .map(|count| {
            (
                r::tenant_id.eq(tenant),
                r::case_id.eq(case),
                r::dataset_id.eq(dataset),
                r::reason.eq(&count.reason),
                r::rows.eq(count.rows),
            )
        })
        .collect();
    diesel::insert_into(r::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// The rejects of the chunks committed are kept, so they are also counted.
async fn write_rejects_so_far(conn: &mut AsyncPgConnection, dataset: DatasetId) -> Result<()> {
    let sql = "INSERT INTO nexus.dataset_reject_counts (tenant_id, case_id, dataset_id, reason, rows) \
        SELECT d.tenant_id, d.case_id, d.id, r.key, r.value::bigint FROM nexus.datasets AS d, \
        json_each_text(d.checkpoint -> 'tally' -> 'rejected') AS r WHERE d.id = $1";
    Prepared(diesel::sql_query(sql).bind::<BigInt, _>(dataset.0))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes a dataset's loaded rows. BRIN finds them. The three tables have no key,
/// so Diesel does not know them.
async fn delete_rows(conn: &mut AsyncPgConnection, dataset: DatasetId, table: &str) -> Result<()> {
    let sql = match table {
        "transactions" => "DELETE FROM nexus.transactions WHERE dataset_id = $1",
        "expenses" => "DELETE FROM nexus.expenses WHERE dataset_id = $1",
        _ => "DELETE FROM nexus.bank_statements WHERE dataset_id = $1",
    };
    // Millions of rows may take longer than a request may.
    diesel::sql_query("SET LOCAL statement_timeout = 0")
        .execute(conn)
        .await?;
    Prepared(diesel::sql_query(sql).bind::<BigInt, _>(dataset.0))
        .execute(conn)
        .await?;
    Ok(())
}

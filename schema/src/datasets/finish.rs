use diesel::dsl::now;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::LoadId;
use serde_json::Value;

use crate::datasets::columns::{ColumnStatistics, write_columns};
use crate::datasets::duplicates::{DuplicateCheck, Duplicates, settle};
use crate::datasets::ended::Ended;
use crate::datasets::figures::{self, CurrencySum, Figures, RejectCount};
use crate::datasets::held::hold;
use crate::datasets::rows::delete_rows;
use crate::datasets::same_bytes::{refuse_same_bytes, twice};
use crate::error::{Error, Result};
use crate::prepared::Prepared;
use crate::schema::nexus::{dataset_loads, datasets};

/// What a file that was read to its end is, and what was found in it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// SHA-256 of the input's bytes, in hex.
    pub sha256: String,
    /// The input's bytes.
    pub bytes: i64,
    /// The format, such as `csv`.
    pub format: Option<String>,
    /// The compression, such as `gzip`.
    pub compression: Option<String>,
    /// The encoding, such as `windows-1252`.
    pub encoding: Option<String>,
    /// How the encoding is known.
    pub encoding_basis: Option<String>,
    /// What was counted, before duplicates are looked for in the table.
    pub figures: Figures,
    /// Milliseconds by stage.
    pub timing: Value,
    /// Sums by currency.
    pub sums: Vec<CurrencySum>,
    /// Rejected rows by reason.
    pub rejects: Vec<RejectCount>,
    /// What is known, or to be found out, of rows that repeat the natural key; `None` where there is
    /// no such key.
    pub duplicates: Option<DuplicateCheck>,
    /// The whole dataset's columns: those of earlier loads ([`columns`](super::columns)) merged in.
    pub columns: Vec<ColumnStatistics>,
}

/// Records a finished load, in the transaction that completes its job: what it found, its
/// dataset's totals with it, and what its policy does with rows that repeat a key. Returns what counts
/// of the load in the end.
///
/// # Errors
///
/// [`Error::Conflict`] where the case has the same bytes already and the load is not forced, or
/// where it has ended before. The caller rolls back, and fails the load.
pub async fn finish(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    loaded: &Loaded,
) -> Result<Figures> {
    let held = hold(conn, load).await?;
    let ("loading", Some(rows_before)) = (&*held.state, held.rows_before) else {
        return Err(Error::Conflict(format!("load {load} is {}", held.state)));
    };
    if !held.forced {
        refuse_same_bytes(conn, held.owner.case, load, &loaded.sha256).await?;
    }
    let (duplicates, recounted) = match &loaded.duplicates {
        None => (None, None),
        Some(DuplicateCheck::Counted(counted)) => (Some(counted.clone()), None),
        Some(DuplicateCheck::Look(rule)) => {
            let (found, recounted) =
                settle(conn, held.table, held.dataset(), rows_before, rule).await?;
            (Some(found), recounted)
        }
    };
    let ended = Ended::of(
        held.totals,
        loaded.figures,
        duplicates.as_ref(),
        recounted.as_ref(),
    );
    write_load(conn, load, loaded, "loaded", None, ended.load).await?;
    write_duplicates(conn, load, duplicates.as_ref()).await?;
    diesel::update(datasets::table.find(held.owner.dataset))
        .set((
            ended.dataset,
            datasets::state.eq("loaded"),
            datasets::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    match recounted {
        Some(recounted) => figures::replace_sums(conn, held.owner, &recounted.sums).await?,
        None => figures::add_sums(conn, held.owner, &loaded.sums).await?,
    }
    figures::add_rejects(conn, held.owner, &loaded.rejects).await?;
    figures::add_rejects(conn, held.owner, &ended.repeated).await?;
    write_columns(conn, held.dataset(), &loaded.columns).await?;
    Ok(ended.load)
}

/// Records a failed load: its report stays, its rows go. In the transaction that discards its job.
/// `found` is `None` where the input was not read to its end; then what its checkpoint says of rejects
/// stays. The first load fails its dataset; an append leaves it as it was. Of a load that has ended
/// nothing changes.
pub async fn fail(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    found: Option<&Loaded>,
    error: &str,
) -> Result<()> {
    let held = hold(conn, load).await?;
    if held.has_ended() {
        return Ok(());
    }
    let mut figures = found.map_or(held.so_far, |found| found.figures);
    figures.rows_loaded = 0;
    match found {
        Some(found) => write_load(conn, load, found, "failed", Some(error), figures).await?,
        None => write_failed(conn, load, error).await?,
    }
    let dataset = datasets::table.find(held.owner.dataset);
    if held.is_first {
        diesel::update(dataset)
            .set((
                figures,
                datasets::state.eq("failed"),
                datasets::error.eq(error),
                datasets::finished_at.eq(now),
            ))
            .execute(conn)
            .await?;
        match found {
            Some(found) => {
                figures::add_sums(conn, held.owner, &found.sums).await?;
                figures::add_rejects(conn, held.owner, &found.rejects).await?;
            }
            None => write_rejects_so_far(conn, load).await?,
        }
    } else if held.state == "loading" {
        diesel::update(dataset)
            .set(datasets::state.eq("loaded"))
            .execute(conn)
            .await?;
    }
    match held.rows_before {
        Some(before) => delete_rows(conn, held.table, held.dataset(), before).await,
        None => Ok(()),
    }
}

async fn write_load(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    loaded: &Loaded,
    state: &str,
    error: Option<&str>,
    figures: Figures,
) -> Result<()> {
    use dataset_loads as l;
    diesel::update(l::table.find(load.0))
        .set((
            l::state.eq(state),
            l::error.eq(error),
            l::sha256.eq(&loaded.sha256),
            l::bytes.eq(loaded.bytes),
            l::format.eq(&loaded.format),
            l::compression.eq(&loaded.compression),
            l::encoding.eq(&loaded.encoding),
            l::encoding_basis.eq(&loaded.encoding_basis),
            l::timing.eq(&loaded.timing),
            l::finished_at.eq(now),
            (
                l::rows_read.eq(figures.rows_read),
                l::rows_loaded.eq(figures.rows_loaded),
                l::rows_rejected.eq(figures.rows_rejected),
                l::rows_negative.eq(figures.rows_negative),
                l::rows_zero.eq(figures.rows_zero),
                l::date_min.eq(figures.date_min),
                l::date_max.eq(figures.date_max),
            ),
        ))
        .execute(conn)
        .await
        .map_err(|error| match error {
            // Two loads of the same bytes that end at once: the index lets one of them.
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Error::Conflict(twice("another load"))
            }
            other => other.into(),
        })?;
    Ok(())
}

async fn write_failed(conn: &mut AsyncPgConnection, load: LoadId, error: &str) -> Result<()> {
    use dataset_loads as l;
    diesel::update(l::table.find(load.0))
        .set((
            l::state.eq("failed"),
            l::error.eq(error),
            l::rows_loaded.eq(0),
            l::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn write_duplicates(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    duplicates: Option<&Duplicates>,
) -> Result<()> {
    let Some(duplicates) = duplicates else {
        return Ok(());
    };
    let json =
        serde_json::to_value(duplicates).map_err(|error| Error::Invalid(error.to_string()))?;
    diesel::update(dataset_loads::table.find(load.0))
        .set(dataset_loads::duplicates.eq(json))
        .execute(conn)
        .await?;
    Ok(())
}

/// The rejects of the chunks committed are kept, so they are also counted.
async fn write_rejects_so_far(conn: &mut AsyncPgConnection, load: LoadId) -> Result<()> {
    let sql = "INSERT INTO nexus.dataset_reject_counts (tenant_id, case_id, dataset_id, reason, rows) \
        SELECT l.tenant_id, l.case_id, l.dataset_id, r.key, r.value::bigint \
        FROM nexus.dataset_loads AS l, \
        json_each_text(l.checkpoint -> 'tally' -> 'rejected') AS r WHERE l.id = $1";
    Prepared(diesel::sql_query(sql).bind::<BigInt, _>(load.0))
        .execute(conn)
        .await?;
    Ok(())
}

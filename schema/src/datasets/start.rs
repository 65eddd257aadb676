use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{DatasetId, JobId, LoadId};
use serde_json::Value;

use crate::datasets::held::no_load;
use crate::datasets::request::failed;
use crate::error::{Error, Result};
use crate::schema::nexus::{dataset_loads, datasets};

/// What an attempt at a load is to do.
#[derive(Clone, Debug)]
pub enum Started {
    /// Load it, or go on with it.
    Go(Box<StartedLoad>),
    /// Ask again in a moment: another load of the dataset comes first.
    Wait,
    /// Nothing: it is loaded.
    Loaded,
    /// Nothing: it has failed.
    Failed,
    /// Nothing: this other job runs it.
    Elsewhere(JobId),
    /// Fail it, for this reason: its dataset has failed since it was asked for.
    Refused(String),
}

/// What a load needs to know of itself and its dataset.
#[derive(Clone, Debug)]
pub struct StartedLoad {
    /// Whose it is.
    pub tenant_id: i64,
    /// The case it belongs to.
    pub case_id: i64,
    /// Its dataset.
    pub dataset: DatasetId,
    /// Its dataset's type, which names the table.
    pub type_: String,
    /// Where its bytes come from.
    pub source: String,
    /// The whole profile as TOML.
    pub profile: String,
    /// Load it even if the case has the same bytes already.
    pub forced: bool,
    /// Where an earlier attempt got to.
    pub checkpoint: Option<Value>,
    /// Row numbers start behind it.
    pub rows_before: i64,
    /// The dataset has earlier loads, so there may be statistics to merge with
    /// ([`columns`](super::columns)) and keys that come again.
    pub appends: bool,
}

#[derive(Debug, Queryable)]
struct LoadRow {
    tenant_id: i64,
    case_id: i64,
    dataset_id: i64,
    state: String,
    source: String,
    profile: String,
    forced: bool,
    checkpoint: Option<Value>,
    rows_before: Option<i64>,
    job_id: Option<i64>,
}

/// Claims a load for a job to run, or says why not, in a short transaction of its own. What an earlier
/// attempt of the job began goes on. Loads of one dataset run one after another, in the order that they were asked for.
///
/// # Errors
///
/// [`Error::NotFound`] where there is no such load.
pub async fn start(conn: &mut AsyncPgConnection, load: LoadId, job: JobId) -> Result<Started> {
    conn.transaction::<_, Error, _>(async |conn| {
        let dataset: Option<i64> = dataset_loads::table
            .find(load.0)
            .select(dataset_loads::dataset_id)
            .first(conn)
            .await
            .optional()?;
        let dataset = dataset.ok_or_else(|| no_load(load))?;
        // Whoever holds it finishes another load, which may take longer than a request may.
        let held: Option<(String, String)> = datasets::table
            .find(dataset)
            .select((datasets::type_, datasets::state))
            .for_no_key_update()
            .skip_locked()
            .first(conn)
            .await
            .optional()?;
        match held {
            Some((type_, state)) => claim(conn, load, job, type_, &state).await,
            None => Ok(Started::Wait),
        }
    })
    .await
}

/// Decides while the dataset is held.
async fn claim(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    job: JobId,
    type_: String,
    dataset_state: &str,
) -> Result<Started> {
    use dataset_loads as l;
    let row: LoadRow = l::table
        .find(load.0)
        .select((
            l::tenant_id,
            l::case_id,
            l::dataset_id,
            l::state,
            l::source,
            l::profile,
            l::forced,
            l::checkpoint,
            l::rows_before,
            l::job_id,
        ))
        .first(conn)
        .await?;
    // Two jobs at one load would load its rows twice.
    if let Some(other) = row.job_id.filter(|&other| other != job.0) {
        return Ok(Started::Elsewhere(JobId(other)));
    }
    let before = others(conn, load, row.dataset_id).await?;
    let rows_before = match (&*row.state, row.rows_before) {
        ("loaded", _) => return Ok(Started::Loaded),
        ("failed", _) => return Ok(Started::Failed),
        ("loading", Some(rows_before)) => rows_before,
        _ if dataset_state == "failed" => {
            return Ok(Started::Refused(failed(DatasetId(row.dataset_id))));
        }
        _ if before.unfinished => return Ok(Started::Wait),
        _ => {
            begin(conn, load, row.dataset_id, before.rows).await?;
            before.rows
        }
    };
    Ok(Started::Go(Box::new(StartedLoad {
        tenant_id: row.tenant_id,
        case_id: row.case_id,
        dataset: DatasetId(row.dataset_id),
        type_,
        source: row.source,
        profile: row.profile,
        forced: row.forced,
        checkpoint: row.checkpoint,
        rows_before,
        appends: before.any,
    })))
}

/// The loads of the dataset that were asked for before.
struct Before {
    /// There are some.
    any: bool,
    /// One of them has not ended.
    unfinished: bool,
    /// The highest row number that any had: also a failed one, whose rejects are kept.
    rows: i64,
}

async fn others(conn: &mut AsyncPgConnection, load: LoadId, dataset: i64) -> Result<Before> {
    use dataset_loads as l;
    let earlier = || {
        l::table
            .filter(l::dataset_id.eq(dataset))
            .filter(l::id.lt(load.0))
    };
    let (any, rows): (i64, Option<i64>) = earlier()
        .select((
            diesel::dsl::count_star(),
            max(l::rows_before + l::rows_read.nullable()),
        ))
        .first(conn)
        .await?;
    let unfinished: i64 = earlier()
        .filter(l::state.eq_any(["pending", "loading"]))
        .count()
        .get_result(conn)
        .await?;
    Ok(Before {
        any: any > 0,
        unfinished: unfinished > 0,
        rows: rows.unwrap_or(0),
    })
}

async fn begin(
    conn: &mut AsyncPgConnection,
    load: LoadId,
    dataset: i64,
    rows_before: i64,
) -> Result<()> {
    diesel::update(dataset_loads::table.find(load.0))
        .set((
            dataset_loads::state.eq("loading"),
            dataset_loads::rows_before.eq(rows_before),
        ))
        .execute(conn)
        .await?;
    diesel::update(datasets::table.find(dataset))
        .set(datasets::state.eq("loading"))
        .execute(conn)
        .await?;
    Ok(())
}

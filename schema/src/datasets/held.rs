//! A load with its dataset held: nobody else starts, finishes or fails a load of that dataset.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{DatasetId, LoadId};

use crate::datasets::figures::Figures;
use crate::datasets::rows::DatasetTable;
use crate::error::{Error, Result};
use crate::schema::nexus::{dataset_loads, datasets};

/// Whose rows they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) tenant: i64,
    pub(super) case: i64,
    pub(super) dataset: i64,
}

/// A load as it stands, until the transaction ends.
#[derive(Clone, Debug)]
pub(super) struct HeldLoad {
    pub(super) owner: Owner,
    pub(super) table: DatasetTable,
    /// Its own state.
    pub(super) state: String,
    /// Its own rows read and rejected so far, by its checkpoint.
    pub(super) so_far: Figures,
    pub(super) rows_before: Option<i64>,
    pub(super) forced: bool,
    /// It decides whether there is a dataset.
    pub(super) is_first: bool,
    /// The dataset's totals over its loads that ended.
    pub(super) totals: Figures,
}

impl HeldLoad {
    /// It is loaded or failed.
    pub(super) fn has_ended(&self) -> bool {
        matches!(&*self.state, "loaded" | "failed")
    }

    pub(super) const fn dataset(&self) -> DatasetId {
        DatasetId(self.owner.dataset)
    }
}

/// Locks the load's dataset, waiting for it, and reads both. The dataset first, always, so that two
/// who hold never wait for each other. Not `FOR UPDATE`: that would keep appends from being asked for.
pub(super) async fn hold(conn: &mut AsyncPgConnection, load: LoadId) -> Result<HeldLoad> {
    use dataset_loads as l;
    use datasets as d;
    let dataset: i64 = l::table
        .find(load.0)
        .select(l::dataset_id)
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| no_load(load))?;
    let (type_, totals): (String, Figures) = d::table
        .find(dataset)
        .select((
            d::type_,
            (
                d::rows_read,
                d::rows_loaded,
                d::rows_rejected,
                d::rows_negative,
                d::rows_zero,
                d::date_min,
                d::date_max,
            ),
        ))
        .for_no_key_update()
        .first(conn)
        .await?;
    let (tenant, case, state, read, rejected, rows_before, forced) = l::table
        .find(load.0)
        .select((
            l::tenant_id,
            l::case_id,
            l::state,
            l::rows_read,
            l::rows_rejected,
            l::rows_before,
            l::forced,
        ))
        .first::<(i64, i64, String, i64, i64, Option<i64>, bool)>(conn)
        .await?;
    let earlier: Option<i64> = l::table
        .filter(l::dataset_id.eq(dataset))
        .filter(l::id.lt(load.0))
        .select(l::id)
        .first(conn)
        .await
        .optional()?;
    Ok(HeldLoad {
        owner: Owner {
            tenant,
            case,
            dataset,
        },
        table: DatasetTable::of_type(&type_)?,
        state,
        so_far: Figures {
            rows_read: read,
            rows_rejected: rejected,
            ..Figures::default()
        },
        rows_before,
        forced,
        is_first: earlier.is_none(),
        totals,
    })
}

pub(super) fn no_load(load: LoadId) -> Error {
    Error::NotFound {
        what: "load",
        id: load.to_string(),
    }
}

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, CaseId, DatasetId, JobId, LoadId, TenantId};

use crate::datasets::held::Owner;
use crate::error::{Error, Result};
use crate::schema::nexus::{cases, dataset_loads, datasets};

/// A dataset about to be asked for, with its first file.
#[derive(Clone, Debug)]
pub struct NewDataset {
    /// The case it belongs to.
    pub case: CaseId,
    /// Its name.
    pub name: String,
}

/// A file about to be asked for.
#[derive(Clone, Debug)]
pub struct NewLoad {
    /// The dataset's type by the profile: `transactions`, `expenses`, `bank_statements`, `parties`
    /// or `calendars`.
    pub type_: String,
    /// Where its bytes come from: the absolute path of a file.
    pub source: String,
    /// The profile's name.
    pub profile_name: String,
    /// The whole profile as TOML.
    pub profile: String,
    /// Load it even if the case has the same bytes already.
    pub forced: bool,
}

/// What was written: a load, pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The dataset that it belongs to.
    pub dataset: DatasetId,
    /// The load.
    pub load: LoadId,
    /// Whose it is.
    pub tenant: TenantId,
}

/// Writes a dataset's row and its first load's, in whatever transaction `conn` is in: the one that
/// also enqueues its job.
///
/// # Errors
///
/// [`Error::NotFound`] where there is no such case, [`Error::Conflict`] where it is closed,
/// [`Error::Invalid`] where there is no such type.
pub async fn create(
    conn: &mut AsyncPgConnection,
    new: &NewDataset,
    load: &NewLoad,
    actor: &Actor,
) -> Result<Created> {
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
    check_open(new.case.0, &state)?;
    let dataset = diesel::insert_into(datasets::table)
        .values((
            datasets::tenant_id.eq(tenant),
            datasets::case_id.eq(new.case.0),
            datasets::name.eq(&new.name),
            datasets::type_.eq(&load.type_),
            datasets::created_by.eq(actor.as_str()),
        ))
        .returning(datasets::id)
        .get_result(conn)
        .await
        .map_err(|error| match error {
            DieselError::DatabaseError(DatabaseErrorKind::CheckViolation, _) => {
                Error::Invalid(format!("no dataset type {:?}", load.type_))
            }
            other => other.into(),
        })?;
    let owner = Owner {
        tenant,
        case: new.case.0,
        dataset,
    };
    insert(conn, owner, load, actor).await
}

/// Writes the row of a load that appends to a dataset, in whatever transaction `conn` is in: the one
/// that also enqueues its job. It runs after every load that was asked for before it.
///
/// # Errors
///
/// [`Error::NotFound`] where there is no such dataset; [`Error::Conflict`] where it has failed, is of
/// another type, or its case is closed.
pub async fn append(
    conn: &mut AsyncPgConnection,
    dataset: DatasetId,
    load: &NewLoad,
    actor: &Actor,
) -> Result<Created> {
    let found: Option<(i64, i64, String, String, String)> = datasets::table
        .inner_join(cases::table)
        .filter(datasets::id.eq(dataset.0))
        .select((
            datasets::tenant_id,
            datasets::case_id,
            datasets::type_,
            datasets::state,
            cases::state,
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((tenant, case, type_, state, case_state)) = found else {
        return Err(Error::NotFound {
            what: "dataset",
            id: dataset.to_string(),
        });
    };
    check_open(case, &case_state)?;
    if state == "failed" {
        return Err(Error::Conflict(failed(dataset)));
    }
    if type_ != load.type_ {
        return Err(Error::Conflict(format!(
            "dataset {dataset} holds {type_}, and the profile is for {}",
            load.type_
        )));
    }
    let owner = Owner {
        tenant,
        case,
        dataset: dataset.0,
    };
    insert(conn, owner, load, actor).await
}

/// Notes which job runs a load.
pub async fn attach_job(conn: &mut AsyncPgConnection, load: LoadId, job: JobId) -> Result<()> {
    diesel::update(dataset_loads::table.find(load.0))
        .set(dataset_loads::job_id.eq(job.0))
        .execute(conn)
        .await?;
    Ok(())
}

/// Why a failed dataset takes no more files.
pub(super) fn failed(dataset: DatasetId) -> String {
    format!("dataset {dataset} has failed and takes no more files: load them as a new dataset")
}

fn check_open(case: i64, state: &str) -> Result<()> {
    if state == "open" {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "case {case} is {state}: reopen it first"
    )))
}

async fn insert(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    load: &NewLoad,
    actor: &Actor,
) -> Result<Created> {
    use dataset_loads as l;
    let id = diesel::insert_into(l::table)
        .values((
            l::tenant_id.eq(owner.tenant),
            l::case_id.eq(owner.case),
            l::dataset_id.eq(owner.dataset),
            l::source.eq(&load.source),
            l::profile_name.eq(&load.profile_name),
            l::profile.eq(&load.profile),
            l::forced.eq(load.forced),
            l::created_by.eq(actor.as_str()),
        ))
        .returning(l::id)
        .get_result(conn)
        .await?;
    Ok(Created {
        dataset: DatasetId(owner.dataset),
        load: LoadId(id),
        tenant: TenantId(owner.tenant),
    })
}

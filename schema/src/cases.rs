//! Examination cases. Every dataset belongs to one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{Actor, CaseId, TenantId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::schema::nexus::cases;

/// A case.
#[derive(Clone, Debug, Serialize, Queryable, Selectable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = cases)]
pub struct CaseView {
    /// Its id.
    pub id: i64,
    /// Whose case it is.
    pub tenant_id: i64,
    /// Its name, unique for a tenant.
    pub name: String,
    /// Who examines.
    pub examiner: String,
    /// `open` or `closed`.
    pub state: String,
    /// Whether nothing of it may be deleted.
    pub legal_hold: bool,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// Who opened it.
    pub created_by: String,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: String,
}

/// A change of a case; what is `None` stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, AsChangeset)]
#[diesel(table_name = cases)]
pub struct CaseChange {
    /// Who examines from now on.
    pub examiner: Option<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// Whether nothing of it may be deleted.
    pub legal_hold: Option<bool>,
}

/// Opens a case. A name that the tenant has already is an error.
pub async fn open(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    name: &str,
    examiner: &str,
    actor: &Actor,
) -> Result<CaseView> {
    if name.trim().is_empty() || examiner.trim().is_empty() {
        return Err(Error::Invalid("a case needs a name and an examiner".into()));
    }
    diesel::insert_into(cases::table)
        .values((
            cases::tenant_id.eq(tenant.0),
            cases::name.eq(name),
            cases::examiner.eq(examiner),
            cases::created_by.eq(actor.as_str()),
            cases::updated_by.eq(actor.as_str()),
        ))
        .returning(CaseView::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Error::Conflict(format!("there is a case {name:?} already"))
            }
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Error::NotFound {
                    what: "tenant",
                    id: tenant.to_string(),
                }
            }
            other => other.into(),
        })
}

/// Changes a case.
pub async fn change(
    conn: &mut AsyncPgConnection,
    id: CaseId,
    change: &CaseChange,
    actor: &Actor,
) -> Result<CaseView> {
    if let Some(state) = change.state.as_deref()
        && !matches!(state, "open" | "closed")
    {
        return Err(Error::Invalid(format!(
            "no case state {state:?}: use open or closed"
        )));
    }
    diesel::update(cases::table.find(id.0))
        .set((
            change,
            cases::updated_at.eq(diesel::dsl::now),
            cases::updated_by.eq(actor.as_str()),
        ))
        .returning(CaseView::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::NotFound {
            what: "case",
            id: id.to_string(),
        })
}

/// One case.
pub async fn find(conn: &mut AsyncPgConnection, id: CaseId) -> Result<Option<CaseView>> {
    Ok(cases::table
        .find(id.0)
        .select(CaseView::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// One case, by a tenant's name for it.
pub async fn find_named(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<CaseView>> {
    Ok(cases::table
        .filter(cases::tenant_id.eq(tenant.0))
        .filter(cases::name.eq(name))
        .select(CaseView::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Cases, the newest first, at most `size` whose ids are below `before`.
pub async fn list(
    conn: &mut AsyncPgConnection,
    before: Option<CaseId>,
    size: u32,
) -> Result<Vec<CaseView>> {
    Ok(cases::table
        .filter(cases::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(cases::id.desc())
        .limit(i64::from(size))
        .select(CaseView::as_select())
        .load(conn)
        .await?)
}

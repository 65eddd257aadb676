//! Which case somebody means.

use nexus_jobs::{CaseId, TenantId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::cases::{self, CaseView};

use crate::exit::{Exit, Failure};

/// The case with this id or, if there is none, with this name.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    case: &str,
) -> anyhow::Result<CaseView> {
    if let Ok(id) = case.parse::<CaseId>()
        && let Some(found) = cases::find(conn, id).await?
    {
        return Ok(found);
    }
    cases::find_named(conn, tenant, case).await?.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no case {case:?}"))
            .hint("`nexus cases list` shows them; `nexus cases open NAME --examiner WHO` opens one")
            .into()
    })
}

use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, State, TenantId};
use serde::Serialize;

use crate::error::Result;
use crate::jobs::show::JobView;
use crate::prepared::{Prepared, sql_file};

/// Which jobs are wanted. Everything left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these states.
    pub states: Vec<State>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// With this tag.
    pub tag: Option<String>,
}

impl Filter {
    /// Whether nothing narrows it down.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The states' names; `None` for any.
    pub(crate) fn state_names(&self) -> Option<Vec<&'static str>> {
        let names = self.states.iter().map(|state| state.as_str());
        (!self.states.is_empty()).then(|| names.collect())
    }
}

/// A page of jobs, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// The jobs.
    pub jobs: Vec<JobView>,
    /// Where the next page starts; `None` at the end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>))]
    pub next: Option<JobId>,
}

/// The page of at most `size` jobs that match and whose ids are below `before`.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    before: Option<JobId>,
    size: u32,
) -> Result<Page> {
    let jobs: Vec<JobView> = Prepared(
        sql_file!("list.sql")
            .bind::<BigInt, _>(before.map_or(i64::MAX, |id| id.0))
            .bind::<Nullable<Array<Text>>, _>(filter.state_names())
            .bind::<Nullable<Text>, _>(filter.kind.as_deref())
            .bind::<Nullable<Text>, _>(filter.queue.as_deref())
            .bind::<Nullable<BigInt>, _>(filter.tenant.map(|tenant| tenant.0))
            .bind::<Nullable<Text>, _>(filter.tag.as_deref())
            .bind::<BigInt, _>(i64::from(size)),
    )
    .load(conn)
    .await?;
    let full = u32::try_from(jobs.len()).is_ok_and(|n| n >= size);
    let next = jobs.last().filter(|_| full).map(|job| JobId(job.id));
    Ok(Page { jobs, next })
}

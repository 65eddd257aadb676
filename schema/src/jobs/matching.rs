use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::JobId;

use crate::error::{Error, Result};
use crate::jobs::Filter;
use crate::prepared::{Prepared, sql_file};

/// Unfinished jobs that match a filter, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Survey {
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
    /// The highest id among them; `None` if there are none.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last: Option<i64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Counts the unfinished jobs that match. Reads the whole live table: for a look now and then, not for
/// a loop.
pub async fn survey(conn: &mut AsyncPgConnection, filter: &Filter) -> Result<Survey> {
    only_unfinished(filter)?;
    Ok(Prepared(
        sql_file!("survey.sql")
            .bind::<Nullable<Array<Text>>, _>(filter.state_names())
            .bind::<Nullable<Text>, _>(filter.kind.as_deref())
            .bind::<Nullable<Text>, _>(filter.queue.as_deref())
            .bind::<Nullable<BigInt>, _>(filter.tenant.map(|tenant| tenant.0))
            .bind::<Nullable<Text>, _>(filter.tag.as_deref()),
    )
    .get_result(conn)
    .await?)
}

/// The first `limit` unfinished jobs that match, with ids above `after` and up to `through`.
pub(crate) async fn matching(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    (after, through): (JobId, JobId),
    limit: u32,
) -> Result<Vec<i64>> {
    only_unfinished(filter)?;
    let rows: Vec<Row> = Prepared(
        sql_file!("matching.sql")
            .bind::<BigInt, _>(after.0)
            .bind::<BigInt, _>(through.0)
            .bind::<Nullable<Array<Text>>, _>(filter.state_names())
            .bind::<Nullable<Text>, _>(filter.kind.as_deref())
            .bind::<Nullable<Text>, _>(filter.queue.as_deref())
            .bind::<Nullable<BigInt>, _>(filter.tenant.map(|tenant| tenant.0))
            .bind::<Nullable<Text>, _>(filter.tag.as_deref())
            .bind::<BigInt, _>(i64::from(limit)),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Refuses to look for what these statements never find.
fn only_unfinished(filter: &Filter) -> Result<()> {
    match filter.states.iter().find(|state| state.is_final()) {
        Some(state) => Err(Error::Invalid(format!("{state} jobs have ended"))),
        None => Ok(()),
    }
}

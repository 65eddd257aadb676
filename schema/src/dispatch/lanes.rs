use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::TransportName;
use nexus_jobs::{Band, Lane, QueueName};

use super::carriers::transport;
use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// A lane with rows to push.
#[derive(Clone, Debug)]
pub struct DueLane {
    /// The lane.
    pub lane: Lane,
    /// Milliseconds until its first row is due; not positive: due.
    pub due_in_ms: f64,
    /// The broker that its queue's row names, if there is one that does.
    pub transport: Option<TransportName>,
}

/// A lane with rows that were pushed.
#[derive(Clone, Debug)]
pub struct PushedLane {
    /// The lane.
    pub lane: Lane,
    /// The broker that carries its ids.
    pub transport: TransportName,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = SmallInt)]
    band: i16,
    #[diesel(sql_type = Double)]
    due_in_ms: f64,
    #[diesel(sql_type = Nullable<Text>)]
    transport: Option<String>,
}

#[derive(QueryableByName)]
struct LaneRow {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = SmallInt)]
    band: i16,
    #[diesel(sql_type = Nullable<Text>)]
    transport: Option<String>,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    ids: Option<i64>,
}

fn lane(queue: String, band: i16) -> Result<Lane> {
    let band = Band::from_number(band)
        .ok_or_else(|| Error::Database(format!("a dispatch row has band {band}")))?;
    let queue = QueueName::new(queue)
        .map_err(|error| Error::Database(format!("in a dispatch row: {error}")))?;
    Ok(Lane { queue, band })
}

/// Every lane with unpushed rows, due or not.
pub async fn due_lanes(conn: &mut AsyncPgConnection) -> Result<Vec<DueLane>> {
    let rows: Vec<DueRow> = Prepared(sql_file!("due_lanes.sql")).load(conn).await?;
    rows.into_iter()
        .map(|row| {
            Ok(DueLane {
                lane: lane(row.queue, row.band)?,
                due_in_ms: row.due_in_ms,
                transport: match row.transport {
                    None => None,
                    named => Some(transport(named.as_deref())?),
                },
            })
        })
        .collect()
}

/// Every lane with pushed rows that no claim has settled yet.
pub async fn pushed_lanes(conn: &mut AsyncPgConnection) -> Result<Vec<PushedLane>> {
    let rows: Vec<LaneRow> = Prepared(sql_file!("pushed_lanes.sql")).load(conn).await?;
    rows.into_iter()
        .map(|row| {
            Ok(PushedLane {
                lane: lane(row.queue, row.band)?,
                transport: transport(row.transport.as_deref())?,
            })
        })
        .collect()
}

/// Ids of a lane that are in the broker and not yet settled. Reads one index
/// range of at most `relay.broker_ids_max` entries.
pub async fn pushed_ids(conn: &mut AsyncPgConnection, lane: &Lane) -> Result<usize> {
    let row: SumRow = Prepared(
        diesel::sql_query(
            "SELECT sum(cardinality(job_ids))::bigint AS ids FROM nexus.dispatch \
             WHERE queue = $1 AND band = $2 AND epoch IS NOT NULL",
        )
        .bind::<Text, _>(lane.queue.as_str())
        .bind::<SmallInt, _>(lane.band.number()),
    )
    .get_result(conn)
    .await?;
    Ok(usize::try_from(row.ids.unwrap_or(0)).unwrap_or(0))
}

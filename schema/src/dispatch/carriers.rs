use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{QueueName, TransportName};

use crate::error::{Error, Result};
use crate::schema::nexus::{dispatch, queues};

/// The transport of a queue's row; Redis where it names none.
pub(crate) fn transport(named: Option<&str>) -> Result<TransportName> {
    named.map_or(Ok(TransportName::default()), |name| {
        name.parse()
            .map_err(|error| Error::Database(format!("in a queue's row: {error}")))
    })
}

/// The broker that carries a queue's ids, which stays so until the caller's transaction ends.
/// Where the queue has no row there is nothing to lock: a switch that comes in between is then
/// seen by the next look at epochs, which tell brokers apart.
pub async fn lock_transport(
    conn: &mut AsyncPgConnection,
    queue: &QueueName,
) -> Result<TransportName> {
    let named: Option<Option<String>> = queues::table
        .filter(queues::name.eq(queue.as_str()))
        .select(queues::transport)
        .for_share()
        .first(conn)
        .await
        .optional()?;
    transport(named.flatten().as_deref())
}

/// Unmarks the rows of a queue that were pushed through another broker: they are pushed again.
pub(crate) async fn forget_other_transports(
    conn: &mut AsyncPgConnection,
    queue: &QueueName,
    to: TransportName,
) -> Result<usize> {
    // An epoch begins with the name of its transport.
    let ours = format!("{to}:%");
    Ok(diesel::update(
        dispatch::table
            .filter(dispatch::queue.eq(queue.as_str()))
            .filter(dispatch::epoch.is_not_null())
            .filter(dispatch::epoch.not_like(ours)),
    )
    .set(dispatch::epoch.eq(None::<String>))
    .execute(conn)
    .await?)
}

//! Sleeping until an enqueue says NOTIFY.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use nexus_schema::{Error, Result, dispatch};
use uuid::Uuid;

/// Enqueue believes a relay's record of its sleep for 30 seconds, so that a relay
/// that died asleep does not cost a NOTIFY for ever; a longer sleep renews it.
const RECORD_EVERY: Duration = Duration::from_secs(10);

/// Makes notifications arrive on this connection.
pub(super) async fn listen(conn: &mut AsyncPgConnection) -> Result<()> {
    Ok(conn.batch_execute("LISTEN nexus_relay").await?)
}

/// Records that the relay sleeps, waits for a NOTIFY or for `wait`, and where it
/// was woken records that it is awake. Returns whether it was woken.
///
/// An enqueue that began before the record was visible says nothing: `wait` is
/// what bounds that race.
pub(super) async fn until_woken(
    conn: &mut AsyncPgConnection,
    relay: Uuid,
    wait: Duration,
) -> Result<bool> {
    dispatch::record_relay(conn, relay, true).await?;
    let woken = {
        let mut notifications = std::pin::pin!(conn.notifications_stream());
        match tokio::time::timeout(wait.min(RECORD_EVERY), notifications.next()).await {
            Ok(Some(Ok(_))) => true,
            Ok(Some(Err(error))) => return Err(error.into()),
            Ok(None) => return Err(Error::Unavailable("the connection closed".into())),
            Err(_) => false,
        }
    };
    if woken {
        dispatch::record_relay(conn, relay, false).await?;
    }
    Ok(woken)
}

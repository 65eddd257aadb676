use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// The type that stands for all.
pub const ALL_TYPES: &str = "*";

/// What a listener listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listened {
    /// A type of events, or [`ALL_TYPES`].
    pub event_type: String,
    /// Of jobs of these kinds; `None`: of any.
    pub kinds: Option<Vec<String>>,
}

/// Who listens, and how far behind they are.
#[derive(Clone, Debug, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListenerView {
    /// Its name: `kafka` publishes, `triggers` enqueues.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Since when it listens.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    /// When it was last there.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    /// What it listens to; `*` is all.
    #[diesel(sql_type = Array<Text>)]
    pub types: Vec<String>,
    /// Events that wait for it; counted up to the first 10,000 rows of the outbox.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Since when the oldest of them waits.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// Events thrown away unread, since they had waited longer than `events.keep`.
    #[diesel(sql_type = BigInt)]
    pub lost: i64,
    /// When the last of these happened.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub lost_until: Option<DateTime<Utc>>,
}

/// Makes a listener listen to exactly this from now on: nothing that was before is told. To listen
/// to nothing keeps it, and what waits for it.
pub async fn listen(conn: &mut AsyncPgConnection, listener: &str, to: &[Listened]) -> Result<()> {
    let to = to.to_vec();
    let listener = listener.to_owned();
    conn.transaction::<_, Error, _>(async move |conn| {
        enlist(conn, &listener).await?;
        relisten(conn, &listener, &to).await
    })
    .await
}

/// Makes a listener, where it is not there yet, and locks its row until the transaction ends.
pub async fn enlist(conn: &mut AsyncPgConnection, listener: &str) -> Result<()> {
    let query = diesel::sql_query(
        "INSERT INTO nexus.listeners AS l (name) VALUES ($1) \
         ON CONFLICT (name) DO UPDATE SET seen_at = now()",
    );
    Prepared(query.bind::<Text, _>(listener))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a listener is there, if nobody notes it just now.
pub async fn seen(conn: &mut AsyncPgConnection, listener: &str) -> Result<()> {
    Prepared(sql_file!("seen.sql").bind::<Text, _>(listener))
        .execute(conn)
        .await?;
    Ok(())
}

/// The same, of a listener that is there and whose row the transaction has locked.
pub async fn relisten(conn: &mut AsyncPgConnection, listener: &str, to: &[Listened]) -> Result<()> {
    let types: Vec<&str> = to.iter().map(|one| &*one.event_type).collect();
    // Arrays of arrays must be rectangular, so each one's kinds travel as JSON.
    let kinds: Vec<Option<String>> = to
        .iter()
        .map(|one| {
            one.kinds
                .as_ref()
                .map(|kinds| serde_json::json!(kinds).to_string())
        })
        .collect();
    Prepared(
        sql_file!("relisten.sql")
            .bind::<Text, _>(listener)
            .bind::<Array<Text>, _>(types)
            .bind::<Array<Nullable<Text>>, _>(kinds),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the right to read a listener's events in order, until the transaction ends; false: somebody
/// else has it, or there is no such listener.
pub async fn hold(conn: &mut AsyncPgConnection, listener: &str) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Held {
        #[diesel(sql_type = Text)]
        #[expect(dead_code, reason = "a row is the answer")]
        name: String,
    }
    let query = diesel::sql_query(
        "SELECT name FROM nexus.listeners WHERE name = $1 FOR NO KEY UPDATE SKIP LOCKED",
    );
    let held: Vec<Held> = Prepared(query.bind::<Text, _>(listener)).load(conn).await?;
    Ok(!held.is_empty())
}

/// Every listener, by name.
pub async fn listeners(conn: &mut AsyncPgConnection) -> Result<Vec<ListenerView>> {
    Ok(Prepared(sql_file!("listeners.sql")).load(conn).await?)
}

/// Takes a listener away: nothing is written for it any more. What waits for it is swept.
pub async fn forget(conn: &mut AsyncPgConnection, listener: &str) -> Result<()> {
    let query = diesel::sql_query("DELETE FROM nexus.listeners WHERE name = $1");
    let gone = query.bind::<Text, _>(listener).execute(conn).await?;
    if gone == 0 {
        return Err(Error::NotFound {
            what: "listener",
            id: listener.to_owned(),
        });
    }
    Ok(())
}

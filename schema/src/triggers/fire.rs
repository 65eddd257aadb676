use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A trigger that is held until the transaction ends.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Held {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Its version.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// Whether events fire it.
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// How far its theoretical arrival time lies ahead, in microseconds.
    #[diesel(sql_type = BigInt)]
    pub ahead_us: i64,
}

/// Holds triggers, in the order of their names, so that nobody else fires or changes them meanwhile.
/// Those that were removed are missing.
pub async fn hold(conn: &mut AsyncPgConnection, names: &[&str]) -> Result<Vec<Held>> {
    let query = sql_file!("hold.sql").bind::<Array<Text>, _>(names);
    Ok(Prepared(query).load(conn).await?)
}

/// What a trigger did with a batch of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub name: String,
    /// Jobs that it enqueued.
    pub fired: i64,
    /// Events passed over.
    pub skipped: i64,
    /// Events that made no job.
    pub failed: i64,
    /// By how much its theoretical arrival time moves on, in microseconds.
    pub advance_us: i64,
    /// Why an event was passed over or made no job; of several, the last.
    pub why: Option<String>,
}

/// Counts what triggers did.
pub async fn count(conn: &mut AsyncPgConnection, counted: &[Counted]) -> Result<()> {
    let of = |number: fn(&Counted) -> i64| counted.iter().map(number).collect::<Vec<_>>();
    let names: Vec<&str> = counted.iter().map(|one| &*one.name).collect();
    let whys: Vec<Option<&str>> = counted.iter().map(|one| one.why.as_deref()).collect();
    Prepared(
        sql_file!("count.sql")
            .bind::<Array<Text>, _>(names)
            .bind::<Array<BigInt>, _>(of(|one| one.fired))
            .bind::<Array<BigInt>, _>(of(|one| one.skipped))
            .bind::<Array<BigInt>, _>(of(|one| one.failed))
            .bind::<Array<BigInt>, _>(of(|one| one.advance_us))
            .bind::<Array<Nullable<Text>>, _>(whys),
    )
    .execute(conn)
    .await?;
    Ok(())
}

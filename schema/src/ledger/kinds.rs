use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_config::{Enqueue, Kinds, Retry};
use nexus_jobs::Weight;
use nexus_jobs::kinds::KindDefaults;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// Records what the jobs of these kinds have unless they say otherwise, for callers in SQL,
/// who know a kind only by its name. What is `set` for a kind goes before what it says itself.
pub async fn record_kinds(
    conn: &mut AsyncPgConnection,
    kinds: &[KindDefaults],
    set: &Kinds,
) -> Result<()> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.kind).collect();
    let queues: Vec<&str> = kinds.iter().map(|kind| kind.queue).collect();
    let bands: Vec<i16> = kinds.iter().map(|kind| kind.band.number()).collect();
    let entry_ids: Vec<Option<i32>> = kinds
        .iter()
        .map(|kind| (kind.weight == Weight::Heavy).then_some(1))
        .collect();
    let attempts: Vec<Option<i32>> = kinds
        .iter()
        .map(|kind| {
            let set = set.get(kind.kind).and_then(|kind| kind.attempts);
            let attempts = set.map(u32::from).or_else(kind.attempts)?;
            Some(i32::try_from(attempts).unwrap_or(i32::MAX))
        })
        .collect();
    Prepared(
        sql_file!("record_kinds.sql")
            .bind::<Array<Text>, _>(names)
            .bind::<Array<Text>, _>(queues)
            .bind::<Array<SmallInt>, _>(bands)
            .bind::<Array<Nullable<Integer>>, _>(entry_ids)
            .bind::<Array<Nullable<Integer>>, _>(attempts),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records the settings that callers in SQL are held to.
pub async fn record_rules(
    conn: &mut AsyncPgConnection,
    limits: &Enqueue,
    retry: &Retry,
) -> Result<()> {
    let count = |most: usize| i32::try_from(most).unwrap_or(i32::MAX);
    let bytes = i64::try_from(limits.args_bytes_max.get()).unwrap_or(i64::MAX);
    Prepared(
        sql_file!("record_rules.sql")
            .bind::<Integer, _>(count(limits.batch_max))
            .bind::<BigInt, _>(bytes)
            .bind::<Integer, _>(count(limits.entry_ids_max))
            .bind::<Integer, _>(i32::from(retry.attempts)),
    )
    .execute(conn)
    .await?;
    Ok(())
}

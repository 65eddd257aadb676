use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::admission::GateState;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
pub(super) struct StateRow {
    #[diesel(sql_type = Text)]
    gate: String,
    #[diesel(sql_type = Integer)]
    in_use: i32,
    #[diesel(sql_type = BigInt)]
    ahead_us: i64,
    #[diesel(sql_type = Bool)]
    waiting: bool,
}

impl StateRow {
    pub(super) fn named(self) -> (String, GateState) {
        let state = GateState {
            in_use: u32::try_from(self.in_use).unwrap_or(0),
            ahead_us: u64::try_from(self.ahead_us).unwrap_or(0),
            waiting: self.waiting,
        };
        (self.gate, state)
    }
}

/// Locks gates until the transaction ends, and tells how they stand.
pub(super) async fn lock(
    conn: &mut AsyncPgConnection,
    gates: Vec<&str>,
) -> Result<BTreeMap<String, GateState>> {
    if gates.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<StateRow> = Prepared(sql_file!("lock.sql").bind::<Array<Text>, _>(gates))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(StateRow::named).collect())
}

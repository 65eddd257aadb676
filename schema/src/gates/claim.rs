use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::admission::{Admission, Asks, admit};
use nexus_jobs::limit::{Bound, Candidate, Rules};

use super::lock::lock;
use super::lookup::Lookup;
use super::slots_literal;
use crate::error::{Error, Result};
use crate::ledger::{Claim, ClaimedJob};
use crate::prepared::{Prepared, sql_file};

/// How a claim goes about gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Expects room, and has the statement check it as it counts: gates are locked
    /// only while that commits. Where it was wrong, it goes the other way.
    Hopeful,
    /// Locks the gates, then decides.
    Locking,
}

/// What a claim through gates brought.
#[derive(Debug, Default)]
pub struct Gated {
    /// Jobs that are now the worker's to run.
    pub jobs: Vec<ClaimedJob>,
    /// Jobs parked, since a gate refused them.
    pub parked: usize,
    /// Whether the gates had to be locked to decide.
    pub locked: bool,
}

#[derive(QueryableByName)]
pub(super) struct CandidateRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    tenant_id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = SmallInt)]
    band: i16,
    #[diesel(sql_type = Nullable<Text>)]
    limit_key: Option<String>,
    #[diesel(sql_type = Bool)]
    is_admitted: bool,
}

impl From<CandidateRow> for Candidate {
    fn from(row: CandidateRow) -> Self {
        Self {
            id: row.id,
            tenant_id: row.tenant_id,
            kind: row.kind,
            queue: row.queue,
            band: row.band,
            limit_key: row.limit_key,
            is_admitted: row.is_admitted,
        }
    }
}

/// Claims jobs as [`crate::ledger::claim`] does, but for those that a gate refuses:
/// they are parked there, and nothing is spent.
pub async fn claim_gated(
    conn: &mut AsyncPgConnection,
    mut claim: Claim<'_>,
    rules: &Rules,
    way: Way,
) -> Result<Gated> {
    claim.ids.sort_unstable();
    if way == Way::Hopeful {
        let candidates = candidates(conn, &claim, false).await?;
        let hoped = admit(&candidates, rules, &BTreeMap::default(), Asks::Claim);
        if hoped.parked.is_empty() {
            match write(conn, &claim, rules, &hoped).await {
                Ok(jobs) => {
                    return Ok(Gated {
                        jobs,
                        ..Gated::default()
                    });
                }
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    conn.transaction(async |conn| {
        let candidates = candidates(conn, &claim, true).await?;
        let waiting = candidates.iter().filter(|job| !job.is_admitted);
        let mut gates: Vec<String> = waiting
            .flat_map(|job| rules.gates(job).into_keys())
            .collect();
        gates.sort_unstable();
        gates.dedup();
        let states = lock(conn, gates.iter().map(String::as_str).collect()).await?;
        let decided = admit(&candidates, rules, &states, Asks::Claim);
        Ok(Gated {
            jobs: write(conn, &claim, rules, &decided).await?,
            parked: decided.parked.len(),
            locked: true,
        })
    })
    .await
}

/// Whether the statement found the gates otherwise than hoped. Diesel keeps no
/// SQLSTATE, so the function's own words decide.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Database(text) if text.contains("gates are not open for this claim"))
}

async fn candidates(
    conn: &mut AsyncPgConnection,
    claim: &Claim<'_>,
    locked: bool,
) -> Result<Vec<Candidate>> {
    let query = if locked {
        diesel::sql_query(concat!(include_str!("needs.sql"), " FOR NO KEY UPDATE"))
    } else {
        sql_file!("needs.sql")
    };
    let rows: Vec<CandidateRow> = Prepared(
        query
            .bind::<Array<BigInt>, _>(&claim.ids)
            .bind::<Array<Text>, _>(claim.kinds)
            .bind::<Bool, _>(claim.suspect),
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Candidate::from).collect())
}

async fn write(
    conn: &mut AsyncPgConnection,
    claim: &Claim<'_>,
    rules: &Rules,
    decided: &Admission,
) -> Result<Vec<ClaimedJob>> {
    let (part, rest) = claim.part.clone().unzip();
    let lease_ms = i64::try_from(claim.lease.as_millis()).unwrap_or(i64::MAX);
    let admitted = decided.admitted.iter();
    let slots = |slots: &[String]| (!slots.is_empty()).then(|| slots_literal(slots));
    let admitted = Lookup::of(admitted.map(|(id, held)| (*id, slots(held))));
    let refused = decided.parked.iter();
    let refused = Lookup::of(refused.map(|(id, gate)| (*id, Some(gate.clone()))));
    let counts = Counts::of(decided, rules);
    Ok(Prepared(
        sql_file!("claim_gated.sql")
            .bind::<Array<BigInt>, _>(&claim.ids)
            .bind::<Uuid, _>(claim.token.0)
            .bind::<Array<Text>, _>(claim.kinds)
            .bind::<Uuid, _>(claim.worker.0)
            .bind::<BigInt, _>(lease_ms)
            .bind::<Array<BigInt>, _>(&claim.whole)
            .bind::<Bool, _>(claim.suspect)
            .bind::<Nullable<BigInt>, _>(part)
            .bind::<Nullable<Array<BigInt>>, _>(rest)
            .bind::<Array<BigInt>, _>(admitted.ids)
            .bind::<Array<Integer>, _>(admitted.at)
            .bind::<Array<BigInt>, _>(refused.ids)
            .bind::<Array<Integer>, _>(refused.at)
            .bind::<Array<Text>, _>(counts.gates)
            .bind::<Array<Integer>, _>(counts.starts)
            .bind::<Array<Integer>, _>(counts.most)
            .bind::<Array<Nullable<BigInt>>, _>(counts.advance_us)
            .bind::<Array<Nullable<BigInt>>, _>(counts.ahead_us)
            .bind::<Array<Bool>, _>(counts.waits)
            .bind::<Array<Text>, _>(admitted.texts)
            .bind::<Array<Text>, _>(refused.texts),
    )
    .load(conn)
    .await?)
}

/// What a decision counts at each gate, a column an array.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) gates: Vec<String>,
    pub(super) starts: Vec<i32>,
    most: Vec<i32>,
    pub(super) advance_us: Vec<Option<i64>>,
    ahead_us: Vec<Option<i64>>,
    pub(super) waits: Vec<bool>,
}

impl Counts {
    pub(super) fn of(decided: &Admission, rules: &Rules) -> Self {
        let mut counts = Self::default();
        let refusing = decided.parked.iter().map(|(_, gate)| gate);
        let mut gates: Vec<&String> = decided.taken.keys().chain(refusing).collect();
        gates.sort_unstable();
        gates.dedup();
        for gate in gates {
            let starts = decided.taken.get(gate).copied().unwrap_or(0);
            let (most, rate) = match rules.bound(gate) {
                Some(Bound::Limit { concurrency, rate }) => (concurrency, rate),
                _ => (None, None),
            };
            let rate = rate.filter(|_| starts > 0);
            let us = |us: u64| i64::try_from(us).unwrap_or(i64::MAX);
            counts.gates.push(gate.clone());
            counts
                .starts
                .push(i32::try_from(starts).unwrap_or(i32::MAX));
            let most = most.map_or(i32::MAX, |most| i32::try_from(most).unwrap_or(i32::MAX));
            // Of one that only counts starts, nobody holds a place.
            counts.most.push(most);
            counts
                .advance_us
                .push(rate.map(|rate| us(rate.advance_us(starts))));
            counts
                .ahead_us
                .push(rate.map(|rate| us(rate.advance_us(rate.burst))));
            counts
                .waits
                .push(decided.parked.iter().any(|(_, refusing)| refusing == gate));
        }
        counts
    }
}

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::admission::{Asks, GateState, admit};
use nexus_jobs::breaker::BreakerState;
use nexus_jobs::gcra::Rate;
use nexus_jobs::limit::{Candidate, Rules, breaker_gate};

use super::breakers;
use super::claim::{CandidateRow, Counts};
use super::lock::{StateRow, lock};
use super::lookup::Lookup;
use super::slots_literal;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A gate at which jobs may wait.
#[derive(Clone, Debug)]
pub struct WaitingGate {
    /// Its name.
    pub gate: String,
    /// How it stands.
    pub state: GateState,
}

/// What a release did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Jobs sent on.
    pub admitted: usize,
    /// Jobs that another gate refused, and that wait there now.
    pub moved: usize,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct DoneRow {
    #[diesel(sql_type = BigInt)]
    admitted: i64,
    #[diesel(sql_type = BigInt)]
    moved: i64,
}

/// Gates at which jobs may wait, in order of name, after one.
pub async fn waiting_gates(
    conn: &mut AsyncPgConnection,
    after: &str,
    most: u32,
) -> Result<Vec<WaitingGate>> {
    let rows: Vec<StateRow> = Prepared(
        sql_file!("waiting.sql")
            .bind::<Text, _>(after)
            .bind::<BigInt, _>(i64::from(most)),
    )
    .load(conn)
    .await?;
    let named = rows.into_iter().map(StateRow::named);
    Ok(named
        .map(|(gate, state)| WaitingGate { gate, state })
        .collect())
}

/// Lets in who is next at some gates, at most so many of each, as far as every gate
/// they must pass has room. `reopened` is the rate at which jobs leave a breaker that
/// has closed.
///
/// Jobs that somebody else holds are left for the next time.
pub async fn release(
    conn: &mut AsyncPgConnection,
    gates: &[(String, u32)],
    rules: &Rules,
    reopened: Rate,
) -> Result<Released> {
    let (names, most): (Vec<&str>, Vec<i32>) = gates
        .iter()
        .map(|(gate, most)| (gate.as_str(), i32::try_from(*most).unwrap_or(i32::MAX)))
        .unzip();
    let rows: Vec<CandidateRow> = Prepared(
        sql_file!("parked.sql")
            .bind::<Array<Text>, _>(&names)
            .bind::<Array<Integer>, _>(most),
    )
    .load(conn)
    .await?;
    let next: Vec<Candidate> = rows.into_iter().map(Candidate::from).collect();
    let mut locked: BTreeSet<String> = next
        .iter()
        .flat_map(|job| rules.gates(job).into_keys())
        .collect();
    locked.extend(gates.iter().map(|(gate, _)| gate.clone()));
    conn.transaction(async |conn| {
        let states = lock(conn, locked.iter().map(String::as_str).collect()).await?;
        let candidates = still_parked(conn, &next).await?;
        let rules = with_probes_left(conn, rules).await?;
        write(conn, &candidates, &states, gates, &rules, reopened).await
    })
    .await
}

/// The rules, with the probes that half-open breakers may still send as they are now:
/// they are counted there and not at a gate.
async fn with_probes_left<'a>(
    conn: &mut AsyncPgConnection,
    rules: &'a Rules,
) -> Result<Cow<'a, Rules>> {
    let is_half_open = |state: &BreakerState| matches!(state, BreakerState::HalfOpen { .. });
    if !rules.breakers.values().any(is_half_open) {
        return Ok(Cow::Borrowed(rules));
    }
    let mut rules = rules.clone();
    rules.breakers = breakers::states_locked(conn).await?;
    Ok(Cow::Owned(rules))
}

async fn still_parked(conn: &mut AsyncPgConnection, next: &[Candidate]) -> Result<Vec<Candidate>> {
    let ids: Vec<i64> = next.iter().map(|job| job.id).collect();
    let rows: Vec<IdRow> = Prepared(sql_file!("parked_lock.sql").bind::<Array<BigInt>, _>(ids))
        .load(conn)
        .await?;
    let still: BTreeSet<i64> = rows.into_iter().map(|row| row.id).collect();
    Ok(next
        .iter()
        .filter(|job| still.contains(&job.id))
        .cloned()
        .collect())
}

async fn write(
    conn: &mut AsyncPgConnection,
    candidates: &[Candidate],
    states: &BTreeMap<String, GateState>,
    gates: &[(String, u32)],
    rules: &Rules,
    reopened: Rate,
) -> Result<Released> {
    let decided = admit(candidates, rules, states, Asks::Releaser);
    let mut counts = Counts::of(&decided, rules);
    for (gate, _) in gates {
        if !counts.gates.contains(gate) {
            // Nobody took a place there: its rule is gone, or it has none left.
            let is_reopened = Rules::is_breakers(gate) && rules.bound(gate).is_none();
            let advance = is_reopened.then(|| reopened.advance_us(starts(decided.admitted.len())));
            counts.gates.push(gate.clone());
            counts
                .advance_us
                .push(advance.and_then(|us| i64::try_from(us).ok()));
            counts.waits.push(false);
        }
    }
    let admitted = decided.admitted.iter();
    let admitted = Lookup::of(admitted.map(|(id, held)| (*id, Some(slots_literal(held)))));
    let refused = decided.parked.iter();
    let refused = Lookup::of(refused.map(|(id, gate)| (*id, Some(gate.clone()))));
    let done: DoneRow = Prepared(
        sql_file!("release.sql")
            .bind::<Array<BigInt>, _>(admitted.ids)
            .bind::<Array<Integer>, _>(admitted.at)
            .bind::<Array<BigInt>, _>(refused.ids)
            .bind::<Array<Integer>, _>(refused.at)
            .bind::<Array<Text>, _>(counts.gates)
            .bind::<Array<Nullable<BigInt>>, _>(counts.advance_us)
            .bind::<Array<Bool>, _>(counts.waits)
            .bind::<Array<Text>, _>(admitted.texts)
            .bind::<Array<Text>, _>(refused.texts),
    )
    .get_result(conn)
    .await?;
    let probing = rules.breakers.keys().filter_map(|kind| {
        let probes = decided.taken.get(&breaker_gate(kind))?;
        Some((kind.as_str(), *probes))
    });
    breakers::note_probes(conn, &probing.collect::<Vec<_>>()).await?;
    Ok(Released {
        admitted: usize::try_from(done.admitted).unwrap_or(0),
        moved: usize::try_from(done.moved).unwrap_or(0),
    })
}

fn starts(jobs: usize) -> u32 {
    u32::try_from(jobs).unwrap_or(u32::MAX)
}

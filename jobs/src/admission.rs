//! Who may go through the gates: a pure decision.

use std::collections::BTreeMap;

use crate::gcra::Rate;
use crate::limit::{Bound, Candidate, Rules};

/// A gate as it stands, locked by whoever decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateState {
    /// Jobs that it counts.
    pub in_use: u32,
    /// How far the theoretical arrival time of its rate lies in the future, in microseconds.
    pub ahead_us: u64,
    /// Whether jobs may be parked on it.
    pub waiting: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A claim, for jobs that come by: whoever waits at a gate already goes before
    /// them, and probes are not theirs to send.
    Claim,
    /// The releaser, for jobs that wait.
    Releaser,
}

/// What becomes of the candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Jobs that go, each with the gates that count it from now on; none for one that
    /// no gate counts, or that was let in before.
    pub admitted: Vec<(i64, Vec<String>)>,
    /// Jobs that wait, each with the gate that refused it. They hold no slot of any.
    pub parked: Vec<(i64, String)>,
    /// How many each gate let in.
    pub taken: BTreeMap<String, u32>,
}

/// Decides who goes: more urgent bands first, then older jobs first. A job goes if
/// every gate it must pass has room, and takes a place at all of them or at none.
///
/// A gate that is missing from `states` stands as if nobody had used it.
pub fn admit(
    candidates: &[Candidate],
    rules: &Rules,
    states: &BTreeMap<String, GateState>,
    asks: Asks,
) -> Admission {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by_key(|job| (job.band, job.id));
    let mut left: BTreeMap<String, u32> = BTreeMap::new();
    let mut admission = Admission::default();
    for job in order {
        if job.is_admitted {
            admission.admitted.push((job.id, Vec::new()));
            continue;
        }
        let gates = rules.gates(job);
        for (gate, bound) in &gates {
            left.entry(gate.clone()).or_insert_with(|| {
                let state = states.get(gate).copied().unwrap_or_default();
                room(*bound, state, asks)
            });
        }
        let full = gates.keys().find(|gate| left.get(*gate) == Some(&0));
        if let Some(full) = full {
            admission.parked.push((job.id, full.clone()));
            continue;
        }
        for gate in gates.keys() {
            if let Some(left) = left.get_mut(gate) {
                *left -= 1;
            }
            *admission.taken.entry(gate.clone()).or_default() += 1;
        }
        // One that was released passes whatever it stands behind on its way to its claim, so
        // it holds a place at all of its gates; one that starts now, where places are counted.
        let held = gates.into_iter();
        let held = held.filter(|(_, bound)| asks == Asks::Releaser || bound.holds());
        let slots = held.map(|(gate, _)| gate).collect();
        admission.admitted.push((job.id, slots));
    }
    admission
}

/// How many jobs a gate lets in now.
pub fn room(bound: Bound, state: GateState, asks: Asks) -> u32 {
    let passing_by = asks == Asks::Claim;
    match bound {
        Bound::Limit { .. } if passing_by && state.waiting => 0,
        Bound::Limit { concurrency, rate } => {
            let places = concurrency.map_or(u32::MAX, |most| most.saturating_sub(state.in_use));
            let starts = rate.map_or(u32::MAX, |rate: Rate| rate.room(state.ahead_us));
            places.min(starts)
        }
        Bound::Shut => 0,
        Bound::Probing { .. } if passing_by => 0,
        Bound::Probing { left } => left,
    }
}

#[cfg(test)]
mod tests;

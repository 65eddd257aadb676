//! What a supervisor does next. Pure.

use std::time::Instant;

use nexus_jobs::WorkerId;

use super::fleet::{Child, Fleet, Phase, Rules};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Start a process in a slot.
    Start(usize),
    /// Ask a process to end.
    Drain(WorkerId, Why),
    /// Kill a process that did not end when asked to.
    Kill(WorkerId),
}

/// Why a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Fewer are wanted.
    NotWanted,
    /// It took more memory than it may; its successor works.
    Memory,
    /// A rolling restart; its successor works.
    Restart,
}

/// Decides what to do next.
///
/// A process is replaced successor first: it goes on until its successor works. One
/// is replaced at a time, from the successor's start to the old one's end, so that
/// there is at most one more than wanted. Where successors die, as they do with a
/// setting that is wrong, a rolling restart comes no further, and the old ones stay.
pub(crate) fn decide(now: Instant, fleet: &Fleet) -> Vec<Act> {
    let mut acts: Vec<Act> = fleet
        .children
        .iter()
        .filter(|child| is_overdue(now, child, &fleet.rules))
        .map(|child| Act::Kill(child.id))
        .collect();
    let unwanted = |child: &&Child| child.slot >= fleet.desired && !child.drains();
    let unwanted = fleet.children.iter().filter(unwanted);
    acts.extend(unwanted.map(|child| Act::Drain(child.id, Why::NotWanted)));
    let mut replacing = (0..fleet.desired).any(|slot| in_slot(fleet, slot).count() > 1);
    let mut restart_waits = false;
    for (at, slot) in fleet.slots.iter().enumerate().take(fleet.desired) {
        let may_start = now >= slot.start_at;
        let live: Vec<&Child> = in_slot(fleet, at).filter(|c| !c.drains()).collect();
        match live.as_slice() {
            [] if may_start => acts.push(Act::Start(at)),
            [one] => match reason(one, fleet) {
                Some(Why::Restart) if !may_start => restart_waits = true,
                Some(Why::Restart) if restart_waits => {}
                Some(_) if may_start && !replacing => {
                    replacing = true;
                    acts.push(Act::Start(at));
                }
                _ => {}
            },
            [old, .., new] if new.phase == Phase::Working => {
                let why = reason(old, fleet).unwrap_or(Why::NotWanted);
                acts.push(Act::Drain(old.id, why));
            }
            _ => {}
        }
    }
    acts
}

/// The processes of a slot, the oldest first.
fn in_slot(fleet: &Fleet, slot: usize) -> impl Iterator<Item = &Child> {
    fleet
        .children
        .iter()
        .filter(move |child| child.slot == slot)
}

/// Why a process is to be replaced, if it is.
fn reason(child: &Child, fleet: &Fleet) -> Option<Why> {
    if child.generation < fleet.generation {
        Some(Why::Restart)
    } else if child.phase == Phase::Working && child.is_over_memory(&fleet.rules) {
        Some(Why::Memory)
    } else {
        None
    }
}

fn is_overdue(now: Instant, child: &Child, rules: &Rules) -> bool {
    match child.phase {
        Phase::Draining {
            since,
            killed: false,
        } => now.saturating_duration_since(since) >= rules.drain_within,
        _ => false,
    }
}

#[cfg(test)]
mod tests;

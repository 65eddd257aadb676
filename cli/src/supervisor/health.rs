//! What a supervisor tells of itself in the ledger.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fleet::{Child, Fleet, Phase};
use super::link::Report;

/// A supervisor's health, as its row holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Health {
    /// It ended in order.
    pub(crate) stopped: bool,
    /// It drains all its processes.
    pub(crate) stopping: bool,
    /// A rolling restart is under way.
    pub(crate) restarting: bool,
    pub(crate) processes: Vec<ProcessHealth>,
}

/// A worker process, or the place of one that is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProcessHealth {
    /// Which of the wanted processes, from 1.
    pub(crate) process: usize,
    pub(crate) pid: Option<u32>,
    /// Its id in `nexus.workers`.
    pub(crate) worker: Option<Uuid>,
    /// `starting`, `working`, `draining`, or `waiting` to be started again.
    pub(crate) state: String,
    pub(crate) rss_bytes: Option<u64>,
    /// How often one died in this place, or was replaced for its memory.
    pub(crate) restarts: u64,
    /// Deaths in a row.
    pub(crate) deaths: u32,
    pub(crate) crash_loop: bool,
    pub(crate) last_death: Option<String>,
    /// Milliseconds until it is started.
    pub(crate) starts_in_ms: Option<u64>,
}

/// What is told of a fleet.
pub(super) fn report(now: Instant, fleet: &Fleet, stopping: bool) -> Report {
    let mut processes: Vec<ProcessHealth> = fleet
        .children
        .iter()
        .map(|child| of_child(child, fleet))
        .collect();
    processes.extend((0..fleet.desired).filter_map(|slot| of_empty(now, slot, fleet)));
    processes.sort_by_key(|process| process.process);
    let health = Health {
        stopped: false,
        stopping,
        restarting: fleet.restarts(),
        processes,
    };
    let starting = |child: &&Child| child.phase == Phase::Starting;
    Report {
        working: fleet.working(),
        starting: fleet
            .children
            .iter()
            .filter(starting)
            .map(|child| child.id)
            .collect(),
        health: json!(health),
    }
}

/// What is told last.
pub(super) fn stopped() -> Value {
    json!(Health {
        stopped: true,
        ..Health::default()
    })
}

fn of_child(child: &Child, fleet: &Fleet) -> ProcessHealth {
    let state = match child.phase {
        Phase::Starting => "starting",
        Phase::Working => "working",
        Phase::Draining { .. } => "draining",
    };
    ProcessHealth {
        pid: Some(child.pid),
        worker: Some(child.id.0),
        state: state.to_owned(),
        rss_bytes: child.rss,
        ..of_slot(child.slot, fleet)
    }
}

/// A place that nobody has.
fn of_empty(now: Instant, slot: usize, fleet: &Fleet) -> Option<ProcessHealth> {
    let taken = |child: &Child| child.slot == slot && !child.drains();
    if fleet.children.iter().any(taken) {
        return None;
    }
    let start_at = fleet.slots.get(slot)?.start_at;
    let wait = start_at.saturating_duration_since(now).as_millis();
    Some(ProcessHealth {
        state: "waiting".to_owned(),
        starts_in_ms: u64::try_from(wait).ok(),
        ..of_slot(slot, fleet)
    })
}

fn of_slot(at: usize, fleet: &Fleet) -> ProcessHealth {
    let slot = fleet.slots.get(at);
    ProcessHealth {
        process: at + 1,
        restarts: slot.map_or(0, |slot| slot.restarts),
        deaths: slot.map_or(0, |slot| slot.deaths),
        crash_loop: fleet.is_crash_loop(at),
        last_death: slot.and_then(|slot| Some(slot.last_death?.to_string())),
        ..ProcessHealth::default()
    }
}

//! The worker processes as their supervisor sees them. Pure: what happens to them
//! is told, with its time.

use std::fmt;
use std::time::{Duration, Instant};

use nexus_config::Settings;
use nexus_jobs::WorkerId;
use nexus_schema::retrying::backoff;

/// Time beyond its own grace that a draining process gets before it is killed:
/// twice the grace is its own bound, and a moment to end.
const DRAIN_MARGIN: Duration = Duration::from_secs(5);

/// The rules of restarting.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) restart_base: Duration,
    pub(crate) restart_cap: Duration,
    pub(crate) crash_loop_deaths: u32,
    pub(crate) crash_loop_within: Duration,
    /// Bytes; 0 for no ceiling.
    pub(crate) memory_max: u64,
    /// How long a process may drain before it is killed.
    pub(crate) drain_within: Duration,
}

impl Rules {
    pub(crate) fn of(settings: &Settings) -> Self {
        let (supervisor, grace) = (&settings.supervisor, settings.workers.grace.get());
        Self {
            restart_base: supervisor.restart_base.get(),
            restart_cap: supervisor.restart_cap.get(),
            crash_loop_deaths: supervisor.crash_loop_deaths,
            crash_loop_within: supervisor.crash_loop_within.get(),
            memory_max: supervisor.memory_max.get(),
            drain_within: grace.saturating_mul(2).saturating_add(DRAIN_MARGIN),
        }
    }
}

/// Why a process ended that nobody had asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// By itself, with this code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// It could not even be started.
    NotStarted,
    /// It was replaced, since it took more than `supervisor.memory_max`.
    Memory,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::NotStarted => f.write_str("it could not be started"),
            Self::Memory => f.write_str("over supervisor.memory_max"),
        }
    }
}

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its row in the ledger was not seen yet.
    Starting,
    Working,
    /// It was asked to end.
    Draining {
        since: Instant,
        killed: bool,
    },
}

/// One worker process.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) id: WorkerId,
    pub(crate) pid: u32,
    /// Which of the wanted processes it is, from 0.
    pub(crate) slot: usize,
    /// The rolling restart that it came with, or after.
    pub(crate) generation: u32,
    pub(crate) started_at: Instant,
    pub(crate) phase: Phase,
    /// Resident bytes, where they are known.
    pub(crate) rss: Option<u64>,
}

impl Child {
    pub(crate) const fn drains(&self) -> bool {
        matches!(self.phase, Phase::Draining { .. })
    }

    pub(crate) fn is_over_memory(&self, rules: &Rules) -> bool {
        rules.memory_max > 0 && self.rss.is_some_and(|rss| rss > rules.memory_max)
    }
}

/// A place for one wanted process, with what became of those that had it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Deaths in a row.
    pub(crate) deaths: u32,
    /// Processes that died or were replaced for their memory.
    pub(crate) restarts: u64,
    pub(crate) last_death: Option<Cause>,
    /// When that was.
    died_at: Instant,
    /// No start before this.
    pub(crate) start_at: Instant,
}

/// All processes of a supervisor, and what is wanted of them.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) rules: Rules,
    pub(crate) desired: usize,
    /// Counts the rolling restarts that were asked for.
    pub(crate) generation: u32,
    pub(crate) slots: Vec<Slot>,
    pub(crate) children: Vec<Child>,
}

impl Fleet {
    pub(crate) const fn new(rules: Rules) -> Self {
        Self {
            rules,
            desired: 0,
            generation: 0,
            slots: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Wants so many processes from now on.
    pub(crate) fn want(&mut self, now: Instant, desired: usize) {
        self.desired = desired;
        while self.slots.len() < desired {
            self.slots.push(Slot {
                deaths: 0,
                restarts: 0,
                last_death: None,
                died_at: now,
                start_at: now,
            });
        }
    }

    /// A process was started.
    pub(crate) fn started(&mut self, now: Instant, slot: usize, id: WorkerId, pid: u32) {
        self.children.push(Child {
            id,
            pid,
            slot,
            generation: self.generation,
            started_at: now,
            phase: Phase::Starting,
            rss: None,
        });
    }

    /// A process could not be started.
    pub(crate) fn not_started(&mut self, now: Instant, slot: usize, luck: f64) {
        self.died(now, slot, Duration::ZERO, Cause::NotStarted, luck);
    }

    /// A process was seen in the ledger.
    pub(crate) fn seen(&mut self, id: WorkerId) {
        if let Some(child) = self.child(id)
            && child.phase == Phase::Starting
        {
            child.phase = Phase::Working;
        }
    }

    /// A process was asked to end.
    pub(crate) fn draining(&mut self, now: Instant, id: WorkerId, luck: f64) {
        let Some(child) = self.child(id) else { return };
        child.phase = Phase::Draining {
            since: now,
            killed: false,
        };
        let child = child.clone();
        // A ceiling that every process passes must not replace them without end.
        if child.slot < self.desired && child.is_over_memory(&self.rules) {
            let lived = now.saturating_duration_since(child.started_at);
            self.died(now, child.slot, lived, Cause::Memory, luck);
        }
    }

    /// A process was killed.
    pub(crate) fn killed(&mut self, now: Instant, id: WorkerId) {
        if let Some(child) = self.child(id) {
            let since = match child.phase {
                Phase::Draining { since, .. } => since,
                _ => now,
            };
            child.phase = Phase::Draining {
                since,
                killed: true,
            };
        }
    }

    /// A process has ended. Tells whether nobody had asked it to.
    pub(crate) fn ended(&mut self, now: Instant, id: WorkerId, cause: Cause, luck: f64) -> bool {
        let Some(at) = self.children.iter().position(|child| child.id == id) else {
            return false;
        };
        let child = self.children.remove(at);
        if child.drains() {
            return false;
        }
        let lived = now.saturating_duration_since(child.started_at);
        self.died(now, child.slot, lived, cause, luck);
        true
    }

    fn died(&mut self, now: Instant, slot: usize, lived: Duration, cause: Cause, luck: f64) {
        let rules = &self.rules;
        let Some(slot) = self.slots.get_mut(slot) else {
            return;
        };
        if lived >= rules.crash_loop_within {
            slot.deaths = 0;
        }
        slot.deaths += 1;
        slot.restarts += 1;
        slot.last_death = Some(cause);
        slot.died_at = now;
        slot.start_at = now + pause(rules, slot.deaths, luck);
    }

    /// Forgets deaths that a process has outlived. In a rolling restart the old one may
    /// live on while its successors die at every longest pause: no death for that long
    /// is asked for, too.
    pub(crate) fn forget_deaths(&mut self, now: Instant) {
        let within = self.rules.crash_loop_within;
        let quiet = within + self.rules.restart_cap;
        for child in self.children.iter().filter(|child| !child.drains()) {
            if now.saturating_duration_since(child.started_at) >= within
                && let Some(slot) = self.slots.get_mut(child.slot)
                && now.saturating_duration_since(slot.died_at) >= quiet
            {
                slot.deaths = 0;
            }
        }
    }

    /// Whether the processes of a slot die again and again.
    pub(crate) fn is_crash_loop(&self, slot: usize) -> bool {
        let deaths = self.slots.get(slot).map_or(0, |slot| slot.deaths);
        slot < self.desired && deaths >= self.rules.crash_loop_deaths
    }

    /// Processes that work.
    pub(crate) fn working(&self) -> usize {
        let working = |child: &&Child| child.phase == Phase::Working;
        self.children.iter().filter(working).count()
    }

    /// Whether a rolling restart is under way.
    pub(crate) fn restarts(&self) -> bool {
        let old = |child: &Child| child.generation < self.generation;
        self.children.iter().any(old)
    }

    pub(crate) fn child(&mut self, id: WorkerId) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.id == id)
    }
}

/// The pause after so many deaths in a row: it doubles with full jitter, and is
/// the longest one, without luck, in a crash loop.
fn pause(rules: &Rules, deaths: u32, luck: f64) -> Duration {
    if deaths >= rules.crash_loop_deaths {
        rules.restart_cap
    } else {
        backoff(rules.restart_base, rules.restart_cap, deaths, luck)
    }
}

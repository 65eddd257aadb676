//! Limits: which jobs one counts, and how many it lets in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::breaker::BreakerState;
use crate::gcra::Rate;

/// What a limit counts by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// All of its jobs together.
    #[default]
    All,
    /// The jobs of each tenant.
    Tenant,
    /// The jobs of each limit key, whoever's they are; jobs without one are not counted.
    Key,
}

impl Per {
    /// The word stored in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Tenant => "tenant",
            Self::Key => "key",
        }
    }

    /// The meaning of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::All, Self::Tenant, Self::Key]
            .into_iter()
            .find(|per| per.as_str() == word)
    }
}

/// A limit: jobs of a queue, of a kind, or of both; a concurrency, a rate, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// The queue whose jobs it counts; `None`: of any.
    pub queue: Option<String>,
    /// The kind whose jobs it counts; `None`: of any.
    pub kind: Option<String>,
    /// What it counts by itself.
    pub per: Per,
    /// Jobs at once, over all processes.
    pub concurrency: Option<u32>,
    /// Starts in a time.
    pub rate: Option<Rate>,
}

/// A job that may start if its gates let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub tenant_id: i64,
    /// Its kind.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// Its band's number: lower goes first.
    pub band: i16,
    /// What limits per key count it under.
    pub limit_key: Option<String>,
    /// Whether a release let it in before: then it passes.
    pub is_admitted: bool,
}

/// What a gate lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A limit's: a concurrency, a rate, or both.
    Limit {
        /// Jobs at once.
        concurrency: Option<u32>,
        /// Starts in a time.
        rate: Option<Rate>,
    },
    /// An open breaker's: nothing.
    Shut,
    /// A half-open breaker's: so many more probes, and only a release sends them.
    Probing {
        /// Probes to go.
        left: u32,
    },
}

/// Every limit and breaker there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// The limits.
    pub limits: Vec<Limit>,
    /// The breakers, by kind: the state of each.
    pub breakers: BTreeMap<String, BreakerState>,
}

/// First part of the name of a limit's gate.
const LIMIT: &str = "limit:";
/// First part of the name of a breaker's gate.
const BREAKER: &str = "breaker:";

/// The gate of a kind's breaker.
pub fn breaker_gate(kind: &str) -> String {
    format!("{BREAKER}{kind}")
}

impl Bound {
    /// Whether jobs hold a place there for as long as they run.
    pub const fn holds(&self) -> bool {
        match self {
            Self::Limit { concurrency, .. } => concurrency.is_some(),
            Self::Shut | Self::Probing { .. } => true,
        }
    }
}

impl Limit {
    /// The gate at which it counts a job, if it counts it.
    fn gate(&self, job: &Candidate) -> Option<String> {
        let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|w| w == has);
        if !is(&self.queue, &job.queue) || !is(&self.kind, &job.kind) {
            return None;
        }
        let name = &self.name;
        match self.per {
            Per::All => Some(format!("{LIMIT}{name}")),
            Per::Tenant => Some(format!("{LIMIT}{name}:{}", job.tenant_id)),
            Per::Key => {
                let key = job.limit_key.as_ref()?;
                Some(format!("{LIMIT}{name}:{key}"))
            }
        }
    }

    const fn bound(&self) -> Bound {
        Bound::Limit {
            concurrency: self.concurrency,
            rate: self.rate,
        }
    }
}

impl Rules {
    /// Whether a claim from a queue must look at gates at all.
    pub fn concern(&self, queue: &str, kinds: &[String]) -> bool {
        let limited = |limit: &Limit| {
            limit.queue.as_deref().is_none_or(|q| q == queue)
                && limit.kind.as_ref().is_none_or(|kind| kinds.contains(kind))
        };
        self.limits.iter().any(limited)
            || self
                .breakers
                .iter()
                .any(|(kind, state)| *state != BreakerState::Closed && kinds.contains(kind))
    }

    /// The gates that a job must pass, in the order in which they are locked.
    pub fn gates(&self, job: &Candidate) -> BTreeMap<String, Bound> {
        let limits = self.limits.iter();
        let mut gates: BTreeMap<String, Bound> = limits
            .filter_map(|limit| Some((limit.gate(job)?, limit.bound())))
            .collect();
        if let Some(bound) = self
            .breakers
            .get(&job.kind)
            .and_then(|state| breaker_bound(*state))
        {
            gates.insert(breaker_gate(&job.kind), bound);
        }
        gates
    }

    /// What a gate lets through, going by its name. `None`: no rule stands behind it
    /// any more, or its breaker is closed, so whoever waits there is to go.
    pub fn bound(&self, gate: &str) -> Option<Bound> {
        if let Some(kind) = gate.strip_prefix(BREAKER) {
            return self
                .breakers
                .get(kind)
                .and_then(|state| breaker_bound(*state));
        }
        let rest = gate.strip_prefix(LIMIT)?;
        let (name, subject) = match rest.split_once(':') {
            Some((name, subject)) => (name, Some(subject)),
            None => (rest, None),
        };
        let limit = self.limits.iter().find(|limit| limit.name == name)?;
        ((limit.per == Per::All) == subject.is_none()).then(|| limit.bound())
    }

    /// Whether a gate is a breaker's.
    pub fn is_breakers(gate: &str) -> bool {
        gate.starts_with(BREAKER)
    }
}

fn breaker_bound(state: BreakerState) -> Option<Bound> {
    match state {
        BreakerState::Closed => None,
        BreakerState::Open => Some(Bound::Shut),
        BreakerState::HalfOpen { left } => Some(Bound::Probing { left }),
    }
}

/// Whether a limit may have this name: it stands in a gate's name, which colons part.
pub fn is_limit_name(name: &str) -> bool {
    let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(fits)
}

//! `[kinds.NAME]`: what one kind is told otherwise than it says itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::workers::{Retry, attempts_in_range};
use crate::checks::Checks;
use crate::span::Span;

const KEY: &str = "kinds";

/// Kinds by name, each with what differs for it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Kinds(pub BTreeMap<String, Kind>);

/// What differs for a kind. It wins over what the kind says itself; what a single job says wins
/// over it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Attempts that a job has, the first included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u16>,
    /// Time that one attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// How long a job waits between its attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
}

/// How long a job waits between its attempts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "strategy", rename_all = "lowercase", deny_unknown_fields)]
pub enum Backoff {
    /// Always the same.
    Fixed {
        /// The pause.
        wait: Span,
    },
    /// `base` more for each attempt, up to `cap`.
    Linear {
        /// The first pause.
        base: Span,
        /// The longest pause.
        cap: Span,
    },
    /// Drawn evenly from zero up to `base`, doubled for each attempt, at most `cap`.
    Exponential {
        /// The longest first pause.
        base: Span,
        /// The longest pause.
        cap: Span,
    },
    /// These, one after the other; the last one repeats.
    List {
        /// The pauses.
        waits: Vec<Span>,
    },
}

impl Kinds {
    /// What differs for a kind, if anything does.
    pub fn get(&self, kind: &str) -> Option<&Kind> {
        self.0.get(kind)
    }

    /// The attempts that a job of a kind is enqueued with: the job's own, or what is set for the
    /// kind here, or what the kind says itself, or the default.
    pub fn attempts(
        &self,
        kind: &str,
        own: Option<u32>,
        of_kind: Option<u32>,
        retry: &Retry,
    ) -> u32 {
        let set = || self.get(kind)?.attempts.map(u32::from);
        own.or_else(set)
            .or(of_kind)
            .unwrap_or_else(|| u32::from(retry.attempts))
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        for (name, kind) in &self.0 {
            if let Some(attempts) = kind.attempts {
                attempts_in_range(checks, KEY, &format!("{name}: "), attempts);
            }
            checks.require(
                kind.timeout.is_none_or(|timeout| timeout > Span::ZERO),
                &[KEY],
                format_args!("{name}: its timeout is zero"),
                "a duration above zero",
            );
            if let Some(backoff) = &kind.backoff {
                backoff.check(checks, KEY, &format!("{name}: "));
            }
        }
    }
}

impl Backoff {
    /// Pauses that a list may have.
    const WAITS_MAX: usize = 100;

    pub(super) fn check(&self, checks: &mut Checks, key: &'static str, whose: &str) {
        match self {
            Self::Fixed { .. } => {}
            Self::Linear { base, cap } | Self::Exponential { base, cap } => checks.require(
                base <= cap,
                &[key],
                format_args!("{whose}base ({base}) is more than cap ({cap})"),
                "base of at most cap",
            ),
            Self::List { waits } => checks.require(
                (1..=Self::WAITS_MAX).contains(&waits.len()),
                &[key],
                format_args!("{whose}{} waits", waits.len()),
                format_args!("1 to {} waits, such as [\"1s\", \"1m\"]", Self::WAITS_MAX),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn the_nearest_word_on_attempts_wins() {
        let retry = Settings::defaults().retry;
        let kind = Kind {
            attempts: Some(3),
            ..Kind::default()
        };
        let kinds = Kinds([("letter".to_owned(), kind)].into());
        let of = |own, of_kind| kinds.attempts("letter", own, of_kind, &retry);
        assert_eq!(of(Some(9), Some(7)), 9);
        assert_eq!(of(None, Some(7)), 3);
        assert_eq!(kinds.attempts("other", None, Some(7), &retry), 7);
        assert_eq!(kinds.attempts("other", None, None, &retry), 5);
    }
}

//! `[schedules]`: jobs that the clock enqueues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checks::Checks;
use crate::span::Span;

/// Most schedules of a settings file, shipped ones included: far more than anybody reads.
const JOBS_MAX: usize = 1000;

/// What serde makes of a TOML date, which JSON does not have.
const TOML_DATE: &str = "$__toml_private_datetime";

/// Jobs that the clock enqueues.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Schedules {
    /// Longest pause between looks for due ticks.
    pub poll: Span,
    /// How late a tick is decided from which on it was missed.
    pub misfire_after: Span,
    /// How long a tick's reservation outlasts it.
    pub once_for: Span,
    /// Ticks that fire in one transaction.
    pub ticks_max: usize,
    /// How long whoever decides about ticks may be silent within a transaction.
    pub silence: Span,
    /// Ticks that one call fills in.
    pub backfill_max: usize,
    /// Those that NEXUS ships.
    pub shipped: BTreeMap<String, ScheduleJob>,
    /// Those of an installation; one named as a shipped one stands in its place.
    pub jobs: BTreeMap<String, ScheduleJob>,
}

/// A schedule, as a settings file says it. What its fields mean, and whether they are right, is the
/// engine's to say: here they only have their types.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleJob {
    /// When: a cron expression.
    pub cron: String,
    /// The time zone whose clocks it goes by; `None`: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Each job starts up to this much after its tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Span>,
    /// No tick before this, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// No tick at this or after, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// What becomes of a tick while an earlier job is unfinished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<String>,
    /// What becomes of ticks that no scheduler was there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// With `catch_up`, how many ticks are caught up on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_up_max: Option<u32>,
    /// The job of each tick.
    pub enqueue: ScheduleEnqueue,
}

/// The job of each tick, as a settings file says it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleEnqueue {
    /// Its kind.
    pub kind: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
    /// Its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Its priority band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    /// Attempts in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Longest time one attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<i64>,
    /// What limits per key count it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_key: Option<String>,
    /// While another job of its kind with this key is unfinished, it is not enqueued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
}

impl Schedules {
    /// Those that count, by name.
    pub fn all(&self) -> BTreeMap<&str, &ScheduleJob> {
        let both = self.shipped.iter().chain(&self.jobs);
        both.map(|(name, job)| (name.as_str(), job)).collect()
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        checks.lasting("schedules.poll", self.poll);
        checks.lasting("schedules.misfire_after", self.misfire_after);
        checks.lasting("schedules.once_for", self.once_for);
        checks.lasting("schedules.silence", self.silence);
        // What takes longer to be seen, or to be taken over, would be missed by itself.
        checks.not_above(
            ("schedules.poll", self.poll),
            ("schedules.misfire_after", self.misfire_after),
        );
        checks.not_above(
            ("schedules.silence", self.silence),
            ("schedules.misfire_after", self.misfire_after),
        );
        checks.at_least("schedules.ticks_max", self.ticks_max, 1);
        checks.at_least("schedules.backfill_max", self.backfill_max, 1);
        for (key, jobs) in [
            ("schedules.shipped", &self.shipped),
            ("schedules.jobs", &self.jobs),
        ] {
            checks.require(
                jobs.len() <= JOBS_MAX,
                &[key],
                format_args!("{} schedules", jobs.len()),
                format_args!("at most {JOBS_MAX}; set more with `nexus schedules set`"),
            );
            for (name, job) in jobs {
                checks.require(
                    !job.enqueue.args.as_ref().is_some_and(has_date),
                    &[key],
                    format_args!("{name}: its arguments hold a date or a time"),
                    "a text, such as \"2026-03-29\"",
                );
            }
        }
    }
}

fn has_date(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().any(has_date),
        Value::Object(all) => all
            .iter()
            .any(|(name, value)| name == TOML_DATE || has_date(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Schedules {
        let mut schedules = crate::Settings::defaults().schedules;
        schedules.jobs = toml::from_str(text).unwrap();
        schedules
    }

    #[test]
    fn ones_own_stands_in_place_of_a_shipped_one() {
        let shipped = crate::Settings::defaults().schedules;
        let name = shipped.shipped.keys().next().unwrap();
        let own = of(&format!(
            "[{name}]\ncron = '@hourly'\nenqueue = {{ kind = 'noop' }}"
        ));
        assert_eq!(own.all().len(), shipped.all().len());
        assert_eq!(own.all()[&**name].enqueue.kind, "noop");
    }

    #[test]
    fn arguments_are_what_json_has() {
        let wrong = |text: &str| {
            let mut checks = Checks::default();
            of(text).check(&mut checks);
            checks.findings.into_iter().map(|f| f.wrong).next()
        };
        let job =
            |args: &str| format!("[a]\ncron = 'x'\nenqueue = {{ kind = 'k', args = {args} }}");
        assert_eq!(wrong(&job("{ a = [1, 2.5, 'x', { b = true }] }")), None);
        let dated = wrong(&job("{ a = [{ b = 2026-03-29 }] }")).unwrap();
        assert_eq!(dated, "a: its arguments hold a date or a time");
    }

    #[test]
    fn settings_are_shown_as_they_were_written() {
        let schedules = of(
            "[a]\ncron = '@daily'\njitter = '30s'\nenqueue = { kind = 'k', args = { n = 1 }, tags = ['x'] }",
        );
        let text = toml::to_string(&schedules).unwrap();
        assert_eq!(toml::from_str::<Schedules>(&text).unwrap(), schedules);
    }
}

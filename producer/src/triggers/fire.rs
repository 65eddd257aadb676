//! What triggers make of a batch of events, in the transaction that takes the events away.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel_async::AsyncConnection;
use nexus_config::Triggers as Settings;
use nexus_jobs::trigger::{Trigger, Verdict};
use nexus_jobs::{Actor, Band, Enqueued, Event, JobId, NewJob, QueueName, State, Unique, Weight};
use nexus_schema::ledger::{self, Rules};
use nexus_schema::triggers::{self, Counted, KnownKind, Logged};
use nexus_schema::{AsyncPgConnection, Error, Result};
use serde_json::Value;

use super::edit::relisten;
use super::known::Known;

/// What triggers made of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) fired: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
}

/// What an event and a trigger that match are to become.
struct Match<'e> {
    event: &'e Event,
    json: Arc<Value>,
    verdict: Verdict,
}

/// What became of one.
enum Became {
    Job(JobId),
    /// The event had fired it before.
    Known,
    Skipped(String),
    Failed(String),
}

/// Why a batch must be judged again.
#[derive(Debug)]
pub(super) enum Unfired {
    /// A trigger was changed since it was read.
    Changed,
    /// The ledger said no.
    Ledger(Error),
}

impl From<Error> for Unfired {
    fn from(error: Error) -> Self {
        Self::Ledger(error)
    }
}

impl From<diesel::result::Error> for Unfired {
    fn from(error: diesel::result::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// Lets events of one source fire what they match. Triggers are held in the order of their names, until
/// the transaction ends, so that rates are exact and nothing fires a version that is over.
pub(super) async fn fire(
    conn: &mut AsyncPgConnection,
    known: &Known,
    topic: Option<&str>,
    events: &[Event],
    settings: &Settings,
    rules: &Rules,
) -> Result<Met, Unfired> {
    let matches = judge(known, topic, events, settings.depth_max);
    if matches.is_empty() {
        return Ok(Met::default());
    }
    let names: Vec<&str> = matches.keys().copied().collect();
    let held = triggers::hold(conn, &names).await?;
    let mut ahead = HashMap::new();
    for held in &held {
        ahead.insert(held.name.as_str(), held);
    }
    let kinds = kinds_by_name(conn, matches.values().map(|(trigger, _)| trigger)).await?;
    let (mut all, mut counts, mut log) = (Met::default(), Vec::new(), Vec::new());
    let mut looping = Vec::new();
    for (name, (trigger, matches)) in matches {
        let held = ahead.get(name).copied().ok_or(Unfired::Changed)?;
        if !held.enabled || held.version != trigger.version {
            return Err(Unfired::Changed);
        }
        let ahead_us = u64::try_from(held.ahead_us).unwrap_or(0);
        let mut one = OneTrigger::new(&trigger, ahead_us, settings, rules, &kinds);
        for matched in matches {
            let became = one.meet(conn, &matched).await?;
            log.extend(logged(&trigger, matched, became, &mut one.counted));
        }
        all.fired += one.counted.fired.unsigned_abs();
        all.skipped += one.counted.skipped.unsigned_abs();
        all.failed += one.counted.failed.unsigned_abs();
        if one.is_looping {
            looping.push((trigger.name.clone(), one.counted.why.clone()));
        }
        counts.push(one.counted);
    }
    triggers::write_log(conn, &log).await?;
    triggers::count(conn, &counts).await?;
    for (name, why) in &looping {
        tracing::warn!(trigger = %name, why, "disabled a trigger that looks like a loop");
        let actor = Actor::system("triggers");
        triggers::disable(conn, name, why.as_deref(), &actor).await?;
    }
    if !looping.is_empty() {
        relisten(conn).await?;
    }
    Ok(all)
}

type Matches<'k, 'e> = BTreeMap<&'k str, (Arc<Trigger>, Vec<Match<'e>>)>;

/// Pure: which triggers match which events.
fn judge<'k, 'e>(
    known: &'k Known,
    topic: Option<&'k str>,
    events: &'e [Event],
    depth_max: u16,
) -> Matches<'k, 'e> {
    let mut matches = Matches::new();
    let triggers: Vec<_> = known.of(topic).collect();
    for event in events {
        if !triggers
            .iter()
            .any(|trigger| trigger.definition.on.is_type(&event.event_type))
        {
            continue;
        }
        let json = Arc::new(event.cloud_event());
        for trigger in &triggers {
            let verdict = trigger.judge_json(event, &json, depth_max);
            if !matches!(verdict, Verdict::No(_)) {
                let (_, of) = matches
                    .entry(trigger.name.as_str())
                    .or_insert_with(|| (Arc::clone(trigger), Vec::new()));
                let json = Arc::clone(&json);
                of.push(Match {
                    event,
                    json,
                    verdict,
                });
            }
        }
    }
    matches
}

/// What workers said of the kinds that are not built in.
async fn kinds_by_name<'t>(
    conn: &mut AsyncPgConnection,
    triggers: impl Iterator<Item = &'t Arc<Trigger>>,
) -> Result<HashMap<String, KnownKind>> {
    let kinds: Vec<&str> = triggers
        .map(|trigger| &trigger.definition.enqueue)
        .filter(|enqueue| !enqueue.is_built_in())
        .map(|enqueue| &*enqueue.kind)
        .collect();
    if kinds.is_empty() {
        return Ok(HashMap::new());
    }
    let known = triggers::known_kinds(conn, &kinds).await?;
    Ok(known
        .into_iter()
        .map(|kind| (kind.kind.clone(), kind))
        .collect())
}

/// A trigger that meets the events it matches, one after another.
struct OneTrigger<'a> {
    trigger: &'a Trigger,
    settings: &'a Settings,
    rules: &'a Rules,
    kinds: &'a HashMap<String, KnownKind>,
    room: u32,
    counted: Counted,
    is_looping: bool,
}

impl<'a> OneTrigger<'a> {
    fn new(
        trigger: &'a Trigger,
        ahead_us: u64,
        settings: &'a Settings,
        rules: &'a Rules,
        kinds: &'a HashMap<String, KnownKind>,
    ) -> Self {
        Self {
            trigger,
            settings,
            rules,
            kinds,
            room: trigger.rate(settings.rate_per_minute).room(ahead_us),
            counted: Counted {
                name: trigger.name.clone(),
                ..Counted::default()
            },
            is_looping: false,
        }
    }

    async fn meet(&mut self, conn: &mut AsyncPgConnection, matched: &Match<'_>) -> Result<Became> {
        let job = match &matched.verdict {
            Verdict::Fires(job) => job,
            Verdict::TooDeep { depth, max } => {
                return Ok(Became::Skipped(format!(
                    "trigger {depth} in a row; at most {max} are allowed (depth_max)"
                )));
            }
            Verdict::Fails(wrong) => return Ok(Became::Failed(wrong.clone())),
            Verdict::No(_) => return Ok(Became::Known),
        };
        if self.room == 0 {
            let rate = self.trigger.rate(self.settings.rate_per_minute).count;
            self.is_looping = true;
            return Ok(Became::Skipped(format!(
                "more than {rate} jobs a minute (rate_per_minute)"
            )));
        }
        let job = self.whole(job, matched.event);
        let actor = Actor::named(format!("trigger:{}", self.trigger.name));
        // In a savepoint: what the ledger refuses is this event's fault, and nobody else's.
        let enqueued = conn
            .transaction(async |conn| ledger::enqueue(conn, &[job], &actor, self.rules).await)
            .await;
        match enqueued {
            Ok(enqueued) => Ok(match enqueued.first() {
                Some(Enqueued::New(id)) => {
                    self.room -= 1;
                    let rate = self.trigger.rate(self.settings.rate_per_minute);
                    self.counted.advance_us +=
                        i64::try_from(rate.advance_us(1)).unwrap_or(i64::MAX);
                    Became::Job(*id)
                }
                _ => Became::Known,
            }),
            Err(error @ (Error::Invalid(_) | Error::NotFound { .. })) => {
                Ok(Became::Failed(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    /// The job with what is known of its kind, and the key by which it is enqueued once.
    fn whole(&self, job: &NewJob, event: &Event) -> NewJob {
        let mut job = job.clone();
        let enqueue = &self.trigger.definition.enqueue;
        if let Some(kind) = self.kinds.get(&job.kind)
            && let Ok(queue) = QueueName::new(kind.queue.clone())
        {
            let band = Band::from_number(kind.band).unwrap_or(job.band);
            let weight = match kind.entry_ids {
                Some(1) => Weight::Heavy,
                _ => Weight::Light,
            };
            enqueue.fill_in(&mut job, queue, band, weight);
            job.kind_attempts = kind.attempts_max.and_then(|most| u32::try_from(most).ok());
        }
        let once = Unique::key(self.trigger.unique_key(event))
            .window(self.settings.once_for.get())
            .states(State::ALL);
        job.unique(once)
    }
}

fn logged(
    trigger: &Trigger,
    matched: Match<'_>,
    became: Became,
    counted: &mut Counted,
) -> Option<Logged> {
    let (outcome, job, reason) = match became {
        Became::Known => return None,
        Became::Job(id) => {
            counted.fired += 1;
            ("fired", Some(id), None)
        }
        Became::Skipped(why) => {
            counted.skipped += 1;
            ("skipped", None, Some(why))
        }
        Became::Failed(why) => {
            counted.failed += 1;
            ("failed", None, Some(why))
        }
    };
    // Postgres's text holds no NUL, and an event may.
    let reason = reason.map(|why| why.replace('\0', ""));
    if let Some(why) = &reason {
        counted.why = Some(why.clone());
    }
    let event = Arc::try_unwrap(matched.json).unwrap_or_else(|shared| (*shared).clone());
    Some(Logged {
        trigger: trigger.name.clone(),
        version: trigger.version,
        tenant_id: matched.event.tenant.0,
        outcome,
        reason,
        job,
        event_id: matched.event.id.clone(),
        event,
    })
}

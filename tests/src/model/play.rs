//! Many sequences at once through the ledger's verbs.
//!
//! A round is a step of every sequence, each verb over all the jobs that it is about, as workers call
//! them; several connections share the sequences. What concerns the whole ledger, the rescuer's look and
//! its sweep, comes between rounds, so that no sequence disturbs another.

mod lane;

use std::collections::HashMap;

use nexus_jobs::{Actor, JobId, NewJob, Token, Weight};
use nexus_schema::ledger;
use serde_json::value::RawValue;

use super::life::{CANCELLER, Life, Lives};
use super::seen::{Seen, seen};
use super::step::{Sequence, Step};
use crate::bed::TestBed;

/// The rescuer sweeps after every so many rounds.
const SWEEP_EVERY: usize = 4;

/// How a sequence went otherwise than the model.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which sequence.
    pub sequence: usize,
    /// After which round, from 0.
    pub round: usize,
    /// What differs.
    pub what: String,
}

/// A sequence under way.
#[derive(Debug)]
struct Played {
    kind: String,
    ids: Vec<i64>,
    /// Each job's claims, the last one last.
    tokens: Vec<Vec<Token>>,
    model: Lives,
    seen: Vec<Seen>,
    steps: Vec<(usize, Step)>,
}

/// A step about to be taken.
#[derive(Clone, Debug)]
struct Turn {
    /// Which sequence.
    sequence: usize,
    /// Which of its jobs.
    at: usize,
    id: i64,
    kind: String,
    step: Step,
    /// The token that the step shows.
    token: Token,
    /// The dispatch row that it claims by, and whether that is a suspect's.
    row: Option<(i64, bool)>,
    /// Whether the model has it do something.
    expected: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default)]
struct Did {
    moved: bool,
    token: Option<Token>,
    replayed_as: Option<i64>,
}

/// Plays sequences to their end. Fails with the first that goes otherwise than the model.
pub async fn play(bed: &TestBed, sequences: &[Sequence]) -> Result<(), Difference> {
    let mut played = begin(bed, sequences).await;
    look(bed, &mut played, 0).await?;
    let rounds = sequences.iter().map(|s| s.steps.len()).max().unwrap_or(0);
    for round in 0..rounds {
        let turns: Vec<Turn> = (0..played.len())
            .filter_map(|sequence| played[sequence].turn(sequence, round))
            .collect();
        for (turn, did) in lane::take(bed, turns).await {
            played[turn.sequence].note(&turn, did, round)?;
        }
        between(bed, &mut played, round).await;
        look(bed, &mut played, round).await?;
    }
    Ok(())
}

async fn begin(bed: &TestBed, sequences: &[Sequence]) -> Vec<Played> {
    let mut jobs = Vec::new();
    let mut played: Vec<Played> = Vec::new();
    for (at, sequence) in sequences.iter().enumerate() {
        let kind = format!("model.{at}");
        for start in &sequence.starts {
            let args = RawValue::from_string("{}".to_owned()).expect("JSON");
            let mut job = NewJob::raw(&kind, args).expect("a job");
            // A dispatch row each.
            job.weight = Weight::Heavy;
            job.attempts = u32::try_from(start.attempts).ok();
            jobs.push(if start.later {
                job.after(lane::LATER)
            } else {
                job
            });
        }
        played.push(Played {
            kind,
            ids: Vec::new(),
            tokens: vec![Vec::new(); sequence.starts.len()],
            model: Lives::of(sequence),
            seen: Vec::new(),
            steps: sequence.steps.clone(),
        });
    }
    let mut ids = Vec::new();
    for batch in jobs.chunks(bed.settings().enqueue.batch_max) {
        let enqueued = bed.enqueue(batch).await;
        ids.extend(enqueued.into_iter().map(|JobId(id)| id));
    }
    let mut ids = ids.into_iter();
    for (sequence, played) in sequences.iter().zip(&mut played) {
        played.ids = ids.by_ref().take(sequence.starts.len()).collect();
    }
    played
}

/// The rescuer's part: leases that were made to run out, and now and then its sweep.
async fn between(bed: &TestBed, played: &mut [Played], round: usize) {
    let conn = &mut *bed.conn().await;
    while ledger::rescue(conn, 100).await.expect("a rescue") != ledger::Rescued::default() {}
    if round % SWEEP_EVERY == SWEEP_EVERY - 1 {
        while !ledger::sweep(conn, 100).await.expect("a sweep").is_empty() {}
        for played in played {
            played.model.sweep();
        }
    }
}

/// Holds every job against the model.
async fn look(bed: &TestBed, played: &mut [Played], round: usize) -> Result<(), Difference> {
    let ids: Vec<i64> = played
        .iter()
        .flat_map(|played| played.ids.clone())
        .collect();
    let places: HashMap<i64, usize> = played
        .iter()
        .flat_map(|played| played.ids.iter().enumerate().map(|(at, id)| (*id, at)))
        .collect();
    let mut found = seen(&mut *bed.conn().await, &ids, |id| places[&id]).await;
    for (sequence, played) in played.iter_mut().enumerate() {
        let wrong = |what| Difference {
            sequence,
            round,
            what,
        };
        let all = played.ids.iter().map(|id| found.remove(id));
        let Some(all) = all.collect::<Option<Vec<Seen>>>() else {
            return Err(wrong("a job is neither live nor in history".to_owned()));
        };
        for (at, (seen, expected)) in all.iter().zip(&played.model.0).enumerate() {
            if seen.life != *expected {
                return Err(wrong(differing(at, expected, &seen.life)));
            }
            if !expected.has_a_way_forward() {
                return Err(wrong(format!("job {at} has no way forward: {expected:?}")));
            }
        }
        played.seen = all;
    }
    Ok(())
}

fn differing(at: usize, expected: &Life, seen: &Life) -> String {
    format!("job {at}:\n  the model: {expected:?}\n  the ledger: {seen:?}")
}

impl Played {
    /// The step of a round; the model takes it at once.
    fn turn(&mut self, sequence: usize, round: usize) -> Option<Turn> {
        let &(at, step) = self.steps.get(round)?;
        let at = at % self.ids.len();
        let row = match step {
            Step::Claim { nth, .. } => self.model.0[at].due_row(nth).map(|row| {
                (
                    self.seen[at].row_ids[row],
                    self.model.0[at].rows[row].suspect,
                )
            }),
            _ => None,
        };
        Some(Turn {
            sequence,
            at,
            id: self.ids[at],
            kind: self.kind.clone(),
            step,
            token: self.token(at, step),
            row,
            expected: self.model.take(at, step),
        })
    }

    /// The token that a step shows: the last claim's, the one's before, or nobody's.
    fn token(&self, at: usize, step: Step) -> Token {
        let tokens = &self.tokens[at];
        let shown = if step.is_stale() {
            tokens.len().checked_sub(2).map(|before| tokens[before])
        } else {
            tokens.last().copied()
        };
        shown.unwrap_or_else(Token::random)
    }

    fn note(&mut self, turn: &Turn, did: Did, round: usize) -> Result<(), Difference> {
        if did.moved != turn.expected {
            let (said, expected) = (did.moved, turn.expected);
            return Err(Difference {
                sequence: turn.sequence,
                round,
                what: format!("{:?} answered {said}, not {expected}", turn.step),
            });
        }
        self.tokens[turn.at].extend(did.token);
        if let Some(id) = did.replayed_as {
            self.ids.push(id);
            self.tokens.push(Vec::new());
        }
        Ok(())
    }
}

/// Who cancels and replays.
fn somebody() -> Actor {
    Actor::named(CANCELLER)
}

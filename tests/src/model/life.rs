//! The model: what a job's life is to be, without a database. Pure.
//!
//! Times are two: now, and later than the sequence lasts.

use nexus_jobs::State;
use nexus_schema::ledger::NOT_STARTED;

use super::step::{By, Sequence, Start, Step};

/// What a handler that discards says.
pub const GIVEN_UP: &str = "given up";
/// What a handler that calls its job off says.
pub const NOT_WANTED: &str = "no longer wanted";
/// Why somebody cancels.
pub const CANCELLED: &str = "cancelled by hand";
/// Who does.
pub const CANCELLER: &str = "test";
/// Why a job that lost its leases is given up.
const SILENT: &str = "the worker went silent for longer than its lease";

/// A dispatch row of one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether its job lost a lease before.
    pub suspect: bool,
    /// Whether it is due.
    pub due: bool,
}

/// A job, as the model has it and as the ledger shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its state, as stored.
    pub state: State,
    /// Claims.
    pub run: i32,
    /// Attempts spent.
    pub attempt: i32,
    /// Leases lost.
    pub lost_leases: i32,
    /// Attempts in all.
    pub attempts_max: i32,
    /// Of an unfinished job: whether it is due.
    pub due: bool,
    /// Of an unfinished job: whether its deadline has passed.
    pub late: bool,
    /// Whether it is parked.
    pub parked: bool,
    /// Whether a lease that holds names it and its token.
    pub leased: bool,
    /// Its dispatch rows, in the order in which they were written.
    pub rows: Vec<Row>,
    /// Whether it is to stop.
    pub stop_asked: bool,
    /// Why its attempts failed.
    pub errors: Vec<String>,
    /// Why it ended, where it was not completed.
    pub reason: Option<String>,
    /// Who ended it, where it was cancelled from outside.
    pub ended_by: Option<String>,
    /// The job of the sequence that it runs again.
    pub replay_of: Option<usize>,
    /// The job of the sequence that runs it again.
    pub replayed_as: Option<usize>,
}

impl Life {
    fn new(start: Start) -> Self {
        Self {
            state: if start.later {
                State::Scheduled
            } else {
                State::Available
            },
            run: 0,
            attempt: 0,
            lost_leases: 0,
            attempts_max: start.attempts,
            due: !start.later,
            late: false,
            parked: false,
            leased: false,
            rows: vec![Row {
                suspect: false,
                due: !start.later,
            }],
            stop_asked: false,
            errors: Vec::new(),
            reason: None,
            ended_by: None,
            replay_of: None,
            replayed_as: None,
        }
    }

    fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Whether something recorded will bring it on.
    pub fn has_a_way_forward(&self) -> bool {
        let dispatched =
            |row: &Row| (row.due || !self.due) && (row.suspect || self.lost_leases == 0);
        self.state.is_final()
            || self.leased
            || self.parked
            || self.stop_asked
            || (self.late && self.run == 0)
            || self.rows.iter().any(dispatched)
    }

    fn claim(&mut self, suspect: bool, known: bool) -> bool {
        if !self.state.is_waiting() || !self.due || self.parked {
            return false;
        }
        if !known {
            self.parked = true;
            return false;
        }
        if (self.lost_leases > 0 && !suspect) || (self.late && self.run == 0) {
            return false;
        }
        self.state = State::Running;
        self.leased = true;
        self.run += 1;
        self.attempt += 1;
        true
    }

    fn wait(&mut self, state: State, due: bool) {
        self.state = state;
        self.leased = false;
        self.due = due;
        self.dispatch();
    }

    fn dispatch(&mut self) {
        self.rows.push(Row {
            suspect: self.lost_leases > 0,
            due: self.due,
        });
    }

    fn end(&mut self, state: State, reason: Option<&str>) {
        self.state = state;
        self.reason = reason.map(str::to_owned);
        (self.leased, self.parked, self.due, self.late) = (false, false, false, false);
    }

    fn lose_lease(&mut self) {
        let spent = self.lost_leases > 0 && self.attempt >= self.attempts_max;
        if self.lost_leases == 0 {
            self.attempt -= 1;
        }
        self.lost_leases += 1;
        self.errors.push("lost_lease".to_owned());
        if spent {
            self.end(State::Discarded, Some(SILENT));
        } else {
            self.wait(State::Available, true);
        }
    }

    fn reschedule(&mut self, later: bool) -> bool {
        if !self.state.is_waiting() {
            return false;
        }
        self.due = !later;
        self.state = match (self.state, later) {
            (State::Retryable, _) => State::Retryable,
            (_, true) => State::Scheduled,
            (_, false) => State::Available,
        };
        if !self.parked {
            self.dispatch();
        }
        true
    }

    fn cancel(&mut self) -> bool {
        if self.state.is_waiting() {
            self.end(State::Cancelled, Some(CANCELLED));
            self.ended_by = Some(CANCELLER.to_owned());
            return true;
        }
        self.stop_asked |= self.is_running();
        false
    }

    fn sweep(&mut self) {
        if self.stop_asked && !self.is_running() {
            self.stop_asked = false;
            if self.state.is_waiting() {
                self.cancel();
            }
        }
        if self.late && self.run == 0 && self.state.is_waiting() {
            self.end(State::Discarded, Some(NOT_STARTED));
        }
    }

    /// A verb of its holder's. Returns whether it found the job held.
    fn settle(&mut self, step: Step) -> bool {
        if !self.is_running() {
            return false;
        }
        match step {
            Step::Complete(_) => self.end(State::Completed, None),
            Step::Retry(_, later) => {
                self.errors.push("error".to_owned());
                self.wait(State::Retryable, !later);
            }
            Step::Snooze(_, later) => {
                self.attempt -= 1;
                self.wait(State::Retryable, !later);
            }
            Step::Discard(_) => {
                self.errors.push("error".to_owned());
                self.end(State::Discarded, Some(GIVEN_UP));
            }
            Step::CallOff(_) => self.end(State::Cancelled, Some(NOT_WANTED)),
            Step::GiveBack(_) => {
                self.attempt -= 1;
                self.wait(State::Available, true);
            }
            _ => return false,
        }
        true
    }
}

/// The jobs of one sequence.
#[derive(Clone, Debug)]
pub struct Lives(pub Vec<Life>);

impl Lives {
    /// As a sequence begins.
    pub fn of(sequence: &Sequence) -> Self {
        Self(
            sequence
                .starts
                .iter()
                .map(|start| Life::new(*start))
                .collect(),
        )
    }

    /// A step of the `at`th job. Returns whether the ledger is to say that it did something.
    pub fn take(&mut self, at: usize, step: Step) -> bool {
        let new = self.0.len();
        let life = &mut self.0[at];
        match step {
            Step::Claim { nth, known } => {
                let by = life.due_row(nth).map(|row| life.rows.remove(row));
                life.claim(by.is_some_and(|row| row.suspect), known)
            }
            Step::ClaimAgain { suspect } => life.claim(suspect, true),
            Step::Complete(by)
            | Step::Retry(by, _)
            | Step::Snooze(by, _)
            | Step::Discard(by)
            | Step::CallOff(by)
            | Step::GiveBack(by) => by == By::Holder && life.settle(step),
            Step::LoseLease => {
                if life.is_running() {
                    life.lose_lease();
                }
                false
            }
            Step::Cancel => life.cancel(),
            Step::Reschedule(later) => life.reschedule(later),
            Step::PassDeadline => {
                life.late = !life.state.is_final();
                false
            }
            Step::Unpark => {
                for life in self.0.iter_mut().filter(|life| life.parked) {
                    life.parked = false;
                    life.dispatch();
                }
                false
            }
            Step::Replay => {
                if life.state != State::Discarded || life.replayed_as.is_some() {
                    return false;
                }
                life.replayed_as = Some(new);
                let attempts = life.attempts_max;
                let mut again = Life::new(Start {
                    attempts,
                    later: false,
                });
                again.replay_of = Some(at);
                self.0.push(again);
                true
            }
        }
    }

    /// The rescuer's sweep.
    pub fn sweep(&mut self) {
        for life in &mut self.0 {
            life.sweep();
        }
    }
}

impl Life {
    /// Where its `nth` due dispatch row stands, counted round; `None` where no row is due.
    pub fn due_row(&self, nth: usize) -> Option<usize> {
        let due: Vec<usize> = (0..self.rows.len())
            .filter(|&at| self.rows[at].due)
            .collect();
        (!due.is_empty()).then(|| due[nth % due.len()])
    }
}

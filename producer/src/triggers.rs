//! Triggers: when an event matches, a job is enqueued with arguments taken from it.
//!
//! What a trigger makes of an event is decided in `nexus_jobs::trigger`. Here it is written down:
//! each event fires a trigger once however often it is delivered, by a unique key of both on the
//! one path in; and what looks like a loop is stopped and reported.

mod about;
mod dry_run;
mod edit;
mod evaluator;
mod fire;
mod known;
mod listening;
mod message;
mod topics;

pub use about::{given, recorded};
pub use dry_run::{Judgement, NewJobView, dry_run};
pub use edit::{disable, enable, remove, set};
pub use evaluator::{Evaluator, EvaluatorStats};
pub use topics::TopicEvaluator;

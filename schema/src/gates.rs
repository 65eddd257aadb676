//! Gates: what a limit or a breaker has let in, and who waits there.
//!
//! Locks are taken in one order everywhere: job rows by id, then gate rows by name.
//! The releaser alone has gates first, and so skips job rows that others hold. Ends of
//! jobs lock no gate: they leave a row in `gate_ends`, which whoever locks the gate next
//! takes off its count.

mod breakers;
mod claim;
mod collect;
mod limits;
mod lock;
mod lookup;
mod release;
mod rules;

pub use breakers::{
    BreakerChange, BreakerView, breakers, pass_time, remove_breaker, reset_breaker, set_breaker,
    tell_breakers,
};
pub use claim::{Gated, Way, claim_gated};
pub use collect::collect;
pub use limits::{LimitChange, LimitView, limits, remove_limit, set_limit};
pub use release::{Released, WaitingGate, release, waiting_gates};
pub use rules::rules;

/// Texts as a Postgres array literal: arrays of arrays must be rectangular, so each
/// job's slots travel as text.
fn slots_literal(slots: &[String]) -> String {
    let quoted: Vec<String> = slots
        .iter()
        .map(|gate| format!("\"{}\"", gate.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

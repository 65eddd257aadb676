//! Schedules as the ledger keeps them: each change a version, what became of their ticks a log.
//!
//! Definitions pass through here as JSON: what they mean is `nexus_jobs::schedule`'s to say. All times
//! of ticks are those of `nexus.schedule_clock()`.

mod fired;
mod reserve;
mod round;
mod store;
mod ticks;
mod versions;

pub use fired::{fired_between, reserved};
pub use reserve::{release, reserve, tick_key};
pub use round::{Advance, Due, advance, due, lead, wait};
pub use store::{
    Held, Origin, ScheduleView, clock, find, hold, list, of_config, pause, remove, resume, set,
};
pub use ticks::{Outcome, TickPage, TickView, Ticked, ticks, write_ticks};
pub use versions::{ScheduleVersion, versions};

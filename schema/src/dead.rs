//! Dead letters: discarded jobs, looked for, run again, thrown away.

mod delete;
mod filter;
mod list;
mod replay;
mod take;

pub use delete::delete;
pub use filter::DeadFilter;
pub use list::{DeadLetter, DeadPage, count, list, replayable};
pub(crate) use replay::link;
pub use replay::{Again, Pace, Replay, Replayed, replay};
pub(crate) use take::Taken;

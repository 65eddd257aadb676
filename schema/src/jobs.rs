//! Jobs as people look at them: one job with its history, and pages of many.

mod counts;
mod list;
mod log;
mod matching;
mod show;

pub use counts::{LaneCount, LaneDepth, counts, depths};
pub use list::{Filter, Page, list};
pub use log::{LogLine, LogPage, NewLine, Progress, log, write_log, write_progress};
pub(crate) use matching::matching;
pub use matching::{Survey, survey};
pub(crate) use show::band_name;
pub use show::{AttemptError, JobDetail, JobView, StopAsked, find};

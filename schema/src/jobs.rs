//! Jobs as people look at them: one job with its history, and pages of many.

mod counts;
mod list;
mod show;

pub use counts::{LaneCount, LaneDepth, counts, depths};
pub use list::{Filter, Page, list};
pub use show::{AttemptError, JobDetail, JobView, find};

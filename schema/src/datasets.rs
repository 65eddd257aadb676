//! Datasets: what a file became.

mod orphans;
mod record;
mod rejects;
mod view;

pub use orphans::fail_orphans;
pub use record::{Loaded, NewDataset, Started, attach_job, create, fail, finish, start};
pub use rejects::{Reject, RejectPage, rejects};
pub use view::{CurrencySum, DatasetDetail, DatasetView, RejectCount, find, list};

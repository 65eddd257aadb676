//! Datasets: what files became. A dataset is one or more loads, each of one file.

mod columns;
mod duplicates;
mod ended;
mod figures;
mod finish;
mod held;
mod load_view;
mod orphans;
mod quality;
mod rejects;
mod request;
mod rows;
mod same_bytes;
mod start;
mod view;

pub use columns::{ColumnStatistics, columns, write_columns};
pub use duplicates::{DuplicateCheck, DuplicatePolicy, DuplicateRule, Duplicates};
pub use figures::{CurrencySum, Figures, RejectCount};
pub use finish::{Loaded, fail, finish};
pub use load_view::LoadView;
pub use orphans::fail_orphans;
pub use quality::{DatasetQuality, quality};
pub use rejects::{Reject, RejectPage, rejects};
pub use request::{Created, NewDataset, NewLoad, append, attach_job, create};
pub use rows::DatasetTable;
pub use same_bytes::{EarlierLoad, same_bytes};
pub use start::{Started, StartedLoad, start};
pub use view::{DatasetDetail, DatasetView, find, list};

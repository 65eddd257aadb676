use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{DatasetId, LoadId};
use crate::job::{Execution, Job, Weight};

/// Loads one file of a dataset into Postgres. Everything else about it (file,
/// profile, case) stands in the load's own row and its dataset's, which the enqueuing
/// transaction wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessDataset {
    /// The dataset that it belongs to.
    pub dataset_id: DatasetId,
    /// The load.
    pub load_id: LoadId,
}

impl Job for ProcessDataset {
    const KIND: &'static str = "process_dataset";
    const QUEUE: &'static str = "datasets";
    const WEIGHT: Weight = Weight::Heavy;
    const EXECUTION: Execution = Execution::Spawned;
    const TIMEOUT: Option<Duration> = Some(Duration::from_hours(6));
}

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::DatasetId;
use crate::job::{Execution, Job, Weight};

/// Loads one dataset's file into Postgres. Everything else about it (file,
/// profile, case) stands in the dataset's own row, which the enqueuing
/// transaction wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessDataset {
    /// The dataset to load.
    pub dataset_id: DatasetId,
}

impl Job for ProcessDataset {
    const KIND: &'static str = "process_dataset";
    const QUEUE: &'static str = "datasets";
    const WEIGHT: Weight = Weight::Heavy;
    const EXECUTION: Execution = Execution::Spawned;
    const TIMEOUT: Option<Duration> = Some(Duration::from_hours(6));
}

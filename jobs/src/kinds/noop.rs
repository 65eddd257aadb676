use serde::{Deserialize, Serialize};

use crate::job::Job;

/// Does nothing: to see that a job goes the whole way, and to measure that way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Noop {
    /// Anything, to give the arguments a size.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub padding: String,
}

impl Job for Noop {
    const KIND: &'static str = "noop";
    const QUEUE: &'static str = "noop";
}

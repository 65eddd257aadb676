use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a workflow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    /// Some of its jobs have not ended.
    Running,
    /// All of its jobs completed.
    Completed,
    /// All of its jobs ended, and some did not complete.
    Failed,
    /// It was called off before all of its jobs completed.
    Cancelled,
}

/// How the jobs of a workflow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Jobs that did not complete.
    pub missed: u32,
    /// Whether somebody called it off.
    pub called_off: bool,
}

impl WorkflowState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// As the ledger has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// From the ledger's name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// What a workflow is once all of its jobs have ended.
    pub const fn at_end(ended: Ended) -> Self {
        match ended {
            Ended { missed: 0, .. } => Self::Completed,
            Ended {
                called_off: true, ..
            } => Self::Cancelled,
            Ended { .. } => Self::Failed,
        }
    }
}

impl fmt::Display for WorkflowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

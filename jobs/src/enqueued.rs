//! What became of a job that was to be enqueued.

use serde::Serialize;

use crate::id::JobId;

/// What became of a job that was to be enqueued. Only one with a unique key can meet another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "outcome", content = "id", rename_all = "snake_case")]
pub enum Enqueued {
    /// It is there, under this id.
    New(JobId),
    /// This job has its key; nothing was changed.
    Existing(JobId),
    /// This job has its key, and took over its arguments, its due time or both.
    Replaced(JobId),
    /// This job has its key, so it was refused.
    Rejected(JobId),
}

impl Enqueued {
    /// The job that there is: itself, or the one that has its key.
    pub const fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Existing(id) | Self::Replaced(id) | Self::Rejected(id) => id,
        }
    }

    /// Whether a job was added.
    pub const fn is_new(self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The name used in SQL, API and CLI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Existing(_) => "existing",
            Self::Replaced(_) => "replaced",
            Self::Rejected(_) => "rejected",
        }
    }

    /// The outcome of a name used in SQL.
    pub fn named(outcome: &str, id: JobId) -> Option<Self> {
        let all = [
            Self::New(id),
            Self::Existing(id),
            Self::Replaced(id),
            Self::Rejected(id),
        ];
        all.into_iter().find(|one| one.as_str() == outcome)
    }
}

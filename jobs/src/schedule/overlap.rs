use serde::{Deserialize, Serialize};

/// What becomes of a tick while a job of an earlier one is unfinished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It fires all the same.
    #[default]
    Allow,
    /// It is skipped.
    Skip,
    /// It fires, and its job waits for the one before; while one waits, further ticks are skipped.
    QueueOne,
    /// The jobs of earlier ticks are cancelled; its own starts when they have ended.
    CancelRunning,
}

/// What is done with one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverlapChoice {
    /// Its job is enqueued.
    Fire,
    /// The unfinished jobs of earlier ticks are cancelled, then its job is enqueued.
    CancelThenFire,
    /// It is skipped.
    Skip,
}

impl Overlap {
    /// What is done with a tick while so many jobs of earlier ones are unfinished.
    pub const fn choose(self, open: usize) -> OverlapChoice {
        match (self, open) {
            (_, 0) | (Self::Allow, _) | (Self::QueueOne, 1) => OverlapChoice::Fire,
            (Self::Skip | Self::QueueOne, _) => OverlapChoice::Skip,
            (Self::CancelRunning, _) => OverlapChoice::CancelThenFire,
        }
    }

    /// Whether its jobs start one after another, in the order of their ticks.
    pub const fn is_in_order(self) -> bool {
        matches!(self, Self::QueueOne | Self::CancelRunning)
    }

    /// Its name in definitions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Skip => "skip",
            Self::QueueOne => "queue_one",
            Self::CancelRunning => "cancel_running",
        }
    }
}

//! The arguments of every built-in kind, one file each.

mod noop;
mod process_dataset;

pub use noop::Noop;
pub use process_dataset::ProcessDataset;

use crate::job::{Job, Weight};
use crate::lane::Band;

/// What an enqueuer needs to know of a kind that it knows only by name.
#[derive(Clone, Copy, Debug)]
pub struct KindDefaults {
    /// The kind's name.
    pub kind: &'static str,
    /// Its queue.
    pub queue: &'static str,
    /// Its priority band.
    pub band: Band,
    /// How many of it travel in one broker entry.
    pub weight: Weight,
    /// Attempts in all; `None` takes the configured default.
    pub attempts: fn() -> Option<u32>,
    /// Whether these arguments are of its shape; the text says what is wrong.
    pub check: fn(&str) -> Result<(), String>,
}

impl KindDefaults {
    /// Those of a kind known at compile time.
    pub const fn of<J: Job>() -> Self {
        Self {
            kind: J::KIND,
            queue: J::QUEUE,
            band: J::BAND,
            weight: J::WEIGHT,
            attempts: || J::retry().map(|policy| policy.attempts),
            check: |args| {
                serde_json::from_str::<J>(args)
                    .map(drop)
                    .map_err(|error| error.to_string())
            },
        }
    }
}

/// Every built-in kind.
pub const BUILT_IN: [KindDefaults; 2] = [
    KindDefaults::of::<Noop>(),
    KindDefaults::of::<ProcessDataset>(),
];

/// The defaults of a built-in kind, by its name.
pub fn built_in(kind: &str) -> Option<&'static KindDefaults> {
    BUILT_IN.iter().find(|defaults| defaults.kind == kind)
}

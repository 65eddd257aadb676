use serde::{Deserialize, Serialize};

/// A job that does nothing, with about 200 bytes of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Noop {
    /// Which one it is: its runs are counted by this.
    pub id: usize,
    padding: String,
}

impl Noop {
    /// The job of this id.
    pub fn new(id: usize) -> Self {
        Self {
            id,
            padding: "x".repeat(175),
        }
    }

    /// The first so many, in batches of [`super::Amounts::BATCH`].
    pub fn batches(count: usize) -> impl Iterator<Item = Vec<Self>> {
        (0..count).step_by(super::Amounts::BATCH).map(move |from| {
            let to = count.min(from + super::Amounts::BATCH);
            (from..to).map(Self::new).collect()
        })
    }
}

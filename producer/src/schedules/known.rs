use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nexus_jobs::schedule::Schedule;
use nexus_schema::schedules::Due;

/// After so long, what could not be read is tried, and reported, again.
const TRY_AGAIN: Duration = Duration::from_mins(1);

/// Schedules, each compiled once a version.
#[derive(Debug, Default)]
pub(super) struct Known {
    schedules: HashMap<String, Arc<Schedule>>,
    unreadable: Vec<String>,
    read: Option<Instant>,
}

impl Known {
    /// A schedule that is due; `None` of one that this program cannot read, since another version of it
    /// wrote it: that one is left to those who can.
    pub(super) fn schedule(&mut self, due: &Due) -> Option<Arc<Schedule>> {
        let same = self.schedules.get(&due.name);
        if let Some(same) = same.filter(|same| same.version == due.version) {
            return Some(Arc::clone(same));
        }
        let definition = serde_json::from_value(due.definition.clone());
        let schedule = definition
            .map_err(|error| error.to_string())
            .and_then(|definition| Schedule::new(&due.name, due.version, definition));
        match schedule {
            Ok(schedule) => {
                let schedule = Arc::new(schedule);
                self.schedules
                    .insert(due.name.clone(), Arc::clone(&schedule));
                Some(schedule)
            }
            Err(error) => {
                tracing::error!(schedule = %due.name, error, "a stored schedule cannot be read");
                self.unreadable.push(due.name.clone());
                None
            }
        }
    }

    /// The schedules to leave alone for now.
    pub(super) fn unreadable(&mut self) -> &[String] {
        if self.read.is_none_or(|at| at.elapsed() >= TRY_AGAIN) {
            self.unreadable.clear();
            self.read = Some(Instant::now());
        }
        &self.unreadable
    }
}

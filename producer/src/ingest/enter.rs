//! Messages into the ledger, a wrong one alone refused.

use std::time::Duration;

use nexus_jobs::Actor;
use nexus_schema::ingest::{Arrival, Arrived, ingest};
use nexus_schema::ledger::Rules;
use nexus_schema::{AsyncPgConnection, Error, Result};

/// How messages enter the ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) actor: &'a Actor,
    pub(super) rules: &'a Rules,
    /// For how long each is known.
    pub(super) remember: Duration,
    /// Whether messages name their tenant, so that one that is not there is their fault.
    pub(super) names_tenant: bool,
}

impl Entry<'_> {
    /// Takes messages in, and tells of each what became of it, or why the ledger refuses it.
    /// Those that it refuses are found by halves; the others are not held up.
    pub(super) async fn enter(
        self,
        conn: &mut AsyncPgConnection,
        arrivals: &[Arrival],
    ) -> Result<Vec<Result<Arrived>>> {
        let mut arrived = Vec::with_capacity(arrivals.len());
        let mut left = arrivals;
        // Sizes of what comes next, the first one last.
        let mut parts = vec![arrivals.len()];
        while let Some(size) = parts.pop() {
            let (part, rest) = left.split_at(size);
            match ingest(conn, part, self.actor, self.rules, self.remember).await {
                Ok(entered) => {
                    arrived.extend(entered.into_iter().map(Ok));
                    left = rest;
                }
                Err(error) if !self.is_its_fault(&error) => return Err(error),
                Err(error) if size == 1 => {
                    arrived.push(Err(error));
                    left = rest;
                }
                Err(_) => parts.extend([size - size / 2, size / 2]),
            }
        }
        Ok(arrived)
    }

    /// Whether a message is at fault, and not the server or the settings.
    fn is_its_fault(self, error: &Error) -> bool {
        match error {
            Error::Invalid(_) => true,
            Error::NotFound { .. } => self.names_tenant,
            _ => false,
        }
    }
}

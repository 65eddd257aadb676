//! Running jobs that somebody wants to end.

use nexus_jobs::JobId;

/// Where the control loop hands what it finds.
#[derive(Debug, Default)]
pub(crate) struct Cancellations {}

impl Cancellations {
    /// Asks a job that runs here to end. Asked again at every look until it has.
    #[expect(clippy::unused_self, reason = "what ends jobs is not here yet")]
    pub(crate) fn ask(&self, job: JobId, reason: &str) {
        tracing::debug!(%job, reason, "asked to end");
    }
}

//! The worker's side: under which id it runs, and whose child it is.

use std::time::Duration;

use anyhow::Context as _;
use nexus_jobs::WorkerId;
use rustix::process::getppid;

/// The id that the supervisor has chosen, so that it knows the worker's row.
const WORKER: &str = "NEXUS_WORKER_ID";

/// The supervisor's process id.
const PARENT: &str = "NEXUS_WORKER_PARENT";

/// Pause between looks at whether the supervisor is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A worker process as one of a supervisor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) worker: WorkerId,
    parent: u32,
}

impl Membership {
    /// As a child of this process.
    pub(super) fn of_this(worker: WorkerId) -> Self {
        Self {
            worker,
            parent: std::process::id(),
        }
    }

    /// As variables of the environment.
    pub(super) fn to_env(self) -> [(&'static str, String); 2] {
        [
            (WORKER, self.worker.to_string()),
            (PARENT, self.parent.to_string()),
        ]
    }

    /// Of this process, if a supervisor has started it.
    pub(crate) fn from_env() -> anyhow::Result<Option<Self>> {
        let variable = |name| std::env::var(name).ok();
        Self::read(variable(WORKER), variable(PARENT))
    }

    fn read(worker: Option<String>, parent: Option<String>) -> anyhow::Result<Option<Self>> {
        let (Some(worker), Some(parent)) = (worker, parent) else {
            return Ok(None);
        };
        let worker = worker.parse().map(WorkerId).context(WORKER)?;
        let parent = parent.parse().context(PARENT)?;
        Ok(Some(Self { worker, parent }))
    }

    /// Waits until the supervisor is gone, however it ended.
    ///
    /// By looking: `prctl(PR_SET_PDEATHSIG)` would send a signal, which to a worker
    /// that drains already is the second one and ends it at once; and it is sent when
    /// the thread ends that started the worker, not when the process does.
    pub(crate) async fn parent_is_gone(self) {
        while getppid().is_some_and(|pid| pid.as_raw_nonzero().get().unsigned_abs() == self.parent)
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tracing::warn!("the supervisor is gone: draining");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_to_a_child_reads_back() {
        let given = Membership::of_this(WorkerId::random());
        let [(_, worker), (_, parent)] = given.to_env();
        let read = Membership::read(Some(worker), Some(parent)).unwrap();
        assert_eq!(read, Some(given));
        assert_eq!(Membership::read(None, None).unwrap(), None);
        assert!(Membership::read(Some("x".into()), Some("1".into())).is_err());
    }
}

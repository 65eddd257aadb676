//! Workflows: jobs of which some wait for others.
//!
//! A workflow is built here, checked, and submitted whole. Its nodes are jobs like any other; what a
//! workflow adds is who waits for whom, and what is called once all have ended.

mod graph;
mod state;

use crate::id::{TenantId, WorkflowId};
use crate::new_job::NewJob;

pub use graph::{Edges, WorkflowError};
pub use state::{Ended, WorkflowState};

/// Longest name of a workflow, of one of its nodes, and longest key, in bytes.
pub const NAME_BYTES_MAX: usize = 200;

/// What a node needs of those before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// That all of them complete. Once one of them ends otherwise, the node is cancelled.
    #[default]
    Completed,
    /// That all of them end, however they do.
    Settled,
}

impl Needs {
    /// As the ledger has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Settled => "settled",
        }
    }

    /// From the ledger's name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Completed, Self::Settled].into_iter();
        all.find(|needs| needs.as_str() == name)
    }
}

/// A node of the workflow that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A job of a workflow.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, unique within the workflow.
    pub name: String,
    /// The job. It has no ordering key and no unique key: its turn is the graph's to say. A delay
    /// counts from its release.
    pub job: NewJob,
    /// Those that it waits for.
    pub before: Vec<NodeId>,
    /// What it needs of them.
    pub needs: Needs,
}

/// Jobs of which some wait for others, about to be submitted.
///
/// ```
/// # use nexus_jobs::{NewJob, Workflow, kinds::Noop};
/// # fn load(_: &str) -> NewJob { NewJob::of(&Noop::default()).unwrap() }
/// # fn compare() -> NewJob { load("") }
/// let mut month_end = Workflow::new("month end");
/// let loads = ["january", "february", "march"].map(|name| month_end.add(name, load(name)));
/// let compared = month_end.add("compare", compare());
/// month_end.after(compared, loads);
/// ```
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its name, which need not be unique.
    pub name: String,
    /// Submitted again with the same key, it is the same workflow.
    pub key: Option<String>,
    /// Whose it is, and whose jobs they are.
    pub tenant: TenantId,
    /// Its jobs.
    pub nodes: Vec<Node>,
    /// Enqueued once all of its jobs have completed.
    pub on_success: Option<NewJob>,
    /// Enqueued once all of its jobs have ended and some did not complete, unless it was called off.
    pub on_failure: Option<NewJob>,
    /// How many triggers there are between it and the first job; 0: none.
    pub depth: u16,
}

impl Workflow {
    /// A workflow of no jobs yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: None,
            tenant: TenantId::DEFAULT,
            nodes: Vec::new(),
            on_success: None,
            on_failure: None,
            depth: 0,
        }
    }

    /// Jobs one after another, each once the one before has completed.
    pub fn chain<N: Into<String>>(
        name: impl Into<String>,
        jobs: impl IntoIterator<Item = (N, NewJob)>,
    ) -> Self {
        let mut chain = Self::new(name);
        let mut last = None;
        for (name, job) in jobs {
            let node = chain.add(name, job);
            chain.after(node, last.replace(node));
        }
        chain
    }

    /// Jobs side by side, for the sake of what is called at their end.
    pub fn batch<N: Into<String>>(
        name: impl Into<String>,
        jobs: impl IntoIterator<Item = (N, NewJob)>,
    ) -> Self {
        let mut batch = Self::new(name);
        for (name, job) in jobs {
            batch.add(name, job);
        }
        batch
    }

    /// Adds a job, which waits for none yet.
    pub fn add(&mut self, name: impl Into<String>, job: NewJob) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node {
            name: name.into(),
            job,
            before: Vec::new(),
            needs: Needs::default(),
        });
        id
    }

    /// Has a node wait until these have completed, besides those that it waits for already.
    pub fn after(&mut self, node: NodeId, before: impl IntoIterator<Item = NodeId>) -> &mut Self {
        self.wait(node, before, Needs::Completed)
    }

    /// Has a node wait until these have ended, however they do, and with them all others that it waits
    /// for.
    pub fn after_settled(
        &mut self,
        node: NodeId,
        before: impl IntoIterator<Item = NodeId>,
    ) -> &mut Self {
        self.wait(node, before, Needs::Settled)
    }

    fn wait(
        &mut self,
        node: NodeId,
        before: impl IntoIterator<Item = NodeId>,
        needs: Needs,
    ) -> &mut Self {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.before.extend(before);
            node.needs = needs;
        }
        self
    }

    /// The same workflow, with a job that is enqueued once all of its jobs have completed.
    pub fn on_success(mut self, job: NewJob) -> Self {
        self.on_success = Some(job);
        self
    }

    /// The same workflow, with a job that is enqueued once all of its jobs have ended and some did not
    /// complete.
    pub fn on_failure(mut self, job: NewJob) -> Self {
        self.on_failure = Some(job);
        self
    }

    /// The same workflow, submitted only if its tenant has none with this key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same workflow, with all of its jobs of another tenant.
    pub fn tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = tenant;
        self
    }

    /// Who waits for whom, once it is fit to be submitted; of at most so many jobs and edges.
    ///
    /// # Errors
    ///
    /// What is wrong with it, a cycle by the names that lie on it.
    pub fn check(&self, jobs_max: usize, edges_max: usize) -> Result<Edges, WorkflowError> {
        graph::check(self, jobs_max, edges_max)
    }
}

/// Where in a workflow a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InWorkflow {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Which node of it; `None`: it is called at its end.
    pub node: Option<u32>,
    /// Whether it waits for others.
    pub waits: bool,
}

#[cfg(test)]
mod tests;

//! Workflows: submitted, advanced as their jobs end, called off, retried, and shown.
//!
//! The lock of a workflow's row is the right to change what waits in it. It is taken before the locks of
//! jobs, and by nobody who ends a job.

mod advance;
mod before;
mod call_off;
mod callback;
mod finish;
mod list;
mod membership;
mod nodes;
mod retry;
mod submit;
mod view;

pub use advance::{Advanced, advance, prepare_session};
pub use before::{Before, PlaceInWorkflow, before, place};
pub use call_off::call_off;
pub use list::{WorkflowFilter, WorkflowPage, list, running};
pub(crate) use membership::membership;
pub use membership::{Membership, WaitedFor};
pub use nodes::{NodeView, WorkflowGraph, graph};
pub use retry::retry;
pub use submit::{Submitted, check, keyed, submit};
pub use view::{WorkflowView, find};

/// Why a job was cancelled whose predecessors did not all complete.
pub const NOT_REACHED: &str = "a job before it did not complete";

pub(crate) fn no_workflow(id: nexus_jobs::WorkflowId) -> crate::Error {
    crate::Error::NotFound {
        what: "workflow",
        id: id.to_string(),
    }
}

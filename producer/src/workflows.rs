//! Workflows: the advancer, and what a caller says of one in JSON.

#[cfg(feature = "relay")]
mod advancer;
#[cfg(feature = "relay")]
mod pace;
#[cfg(feature = "request")]
mod request;

#[cfg(feature = "relay")]
pub use advancer::{Advancer, AdvancerStats};
#[cfg(feature = "request")]
pub use request::{AskedLoad, AskedWorkflow, NodeRequest, WorkflowRequest, read_workflow};

//! How each built-in job kind is done, one folder a kind.
//!
//! A handler is thin: it reads, hands to a pure core, and writes through the fenced context.

pub mod generate;
pub mod load_request;
pub mod process_dataset;
pub mod propose;
pub mod registry;
pub mod source;
pub mod workflow_request;

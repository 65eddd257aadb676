//! Workflows: the advancer, and what a caller says of one in JSON.

mod advancer;
mod pace;

pub use advancer::{Advancer, AdvancerStats};

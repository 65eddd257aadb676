//! Events on their way out, and those that nobody fetched.

mod keeper;
mod publisher;
mod waves;

pub use keeper::Keeper;
pub use publisher::{LISTENER, Publisher, PublisherStats};

//! The only crate that speaks to a broker.
//!
//! A broker carries entries: each the id of a dispatch row and the ids of its
//! jobs. It never carries arguments or state, and may lose everything at any
//! moment: the ledger refills it.
//!
//! | idea | file |
//! |---|---|
//! | the one seam: [`Transport`], [`Consumer`] | [`transport`] |
//! | what travels: [`Entry`], [`Delivery`], [`Epoch`] | [`entry`] |
//! | Redis streams | [`redis`] |
//! | a broker in this process's memory | [`memory`] |
//! | what every transport must hold to | `conformance`, for tests |

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod entry;
pub mod memory;
pub mod redis;
pub mod transport;

pub use entry::{Delivery, Entry, Epoch, Receipt};
pub use memory::MemoryTransport;
pub use redis::RedisTransport;
pub use transport::{Consumer, QueueError, Result, Transport};

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
//! | Kafka topics, as queues and as a bus | [`kafka`] |
//! | Redis and Kafka behind one, a queue's choice changing as it runs | [`routed`] |
//! | a broker in this process's memory | [`memory`] |
//! | tasks that stock `apalis-redis` storage holds | [`inbox`] |
//! | what every transport must hold to | `conformance`, for tests |

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod entry;
pub mod inbox;
pub mod kafka;
pub mod memory;
pub mod redis;
pub mod routed;
pub mod transport;

pub use entry::{Delivery, Entry, Epoch, Receipt};
pub use inbox::Inbox;
pub use kafka::KafkaTransport;
pub use memory::MemoryTransport;
pub use redis::RedisTransport;
pub use routed::RoutedTransport;
pub use transport::{Consumer, QueueError, Result, Transport};

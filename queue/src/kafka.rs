//! Apache Kafka, and whatever speaks its protocol.
//!
//! | idea | file |
//! |---|---|
//! | clients as the settings say, and why the rest of their settings | `client` |
//! | errors as ours; what keeps brokers from being reached | `errors`, `cause` |
//! | topics made, grown, told from their predecessors | `topics` |
//! | records sent and acknowledged | `producer` |
//! | what of a partition is done, contiguously; pure | `front` |
//! | what a member holds, takes, gives back, pauses; pure | `window` |
//! | a member of a group, polled by a thread of its own; what is known of it | `feed`, `shared` |
//! | its rebalances | `membership`, `offsets` |
//! | topics as a bus | [`topic`] |
//! | topics as queues: the transport, its entries on the wire | `transport`, `wire` |
//! | what is known of a lane's topic | `lanes` |
//! | this process's member of a queue's group, and the loops that share it | `member`, `consumer` |
//! | how many entries wait, seen from outside of the group | `depth`, `groups` |
//! | how a member stands in this process | `standing` |
//!
//! One topic a lane, `PREFIX.queue.QUEUE.BAND`; one group a queue, `PREFIX.queue.QUEUE`. A
//! record's payload is `DISPATCH IDS`, ids as runs, and ` s` behind it for suspects. The
//! epoch is the cluster's id and the topic's mark, see `topics`; commits carry it, so that
//! nothing that was committed in one life of a topic counts in the next.

mod cause;
mod client;
mod consumer;
mod depth;
mod errors;
mod feed;
mod front;
mod groups;
mod lanes;
mod member;
mod membership;
mod offsets;
mod producer;
mod shared;
mod standing;
pub mod topic;
mod topics;
mod transport;
mod window;
mod wire;

pub use standing::Standing;
pub use transport::KafkaTransport;

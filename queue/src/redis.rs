//! Redis streams as the broker.
//!
//! One stream a lane, one consumer group on it. Keys, for prefix `nexus`:
//!
//! | key | what |
//! |---|---|
//! | `nexus:{QUEUE}:BAND` | the stream; each entry holds `d` (dispatch row), `i` (job ids, runs folded) and `s` for suspects |
//! | `nexus:{QUEUE}:BAND:epoch` | a random word, written when the group is made |
//!
//! The braces keep a queue's bands in one slot of a cluster. The epoch is that
//! word together with the server's run id, so a wiped key space, a deleted group
//! and a restarted server each show.

pub(crate) mod connection;
mod consumer;
mod errors;
mod footprint;
mod keys;
mod leave;
mod read;
mod sweep;
mod transport;

pub use footprint::Footprint;
pub use transport::RedisTransport;

//! Ingest: work that other systems sent goes into the ledger, each message once.
//!
//! | idea | file |
//! |---|---|
//! | [`InboxIngest`]: tasks that services push with stock `apalis-redis` | [`inbox`], [`task`], [`codec`] |
//! | [`RequestIngest`]: jobs that services ask for through Kafka | [`requests`], [`envelope`] |
//! | messages into the ledger, a wrong one alone refused | [`enter`] |
//! | what is known of a kind by its name | [`kind`] |
//! | what a message is known by | [`known_by`] |
//! | what a dead letter holds of a message | [`letter`], [`dead_record`] |
//! | [`IngestStats`]: what was taken | [`stats`] |
//!
//! A message is let go where it came from only after the ledger has it. Whoever is killed
//! between the two leaves a message that is taken again, and known by then.

mod codec;
mod dead_record;
mod enter;
mod envelope;
mod inbox;
mod kind;
mod known_by;
mod letter;
mod requests;
mod stats;
mod task;

pub use envelope::Reason;
pub use inbox::InboxIngest;
pub use requests::RequestIngest;
pub use stats::IngestStats;

//! A reference model of a job's life, and what holds the ledger against it.
//!
//! | idea | file |
//! |---|---|
//! | what may happen, and sequences of it | [`step`] |
//! | the model: pure, and small enough to be believed | [`life`] |
//! | what the ledger shows of a job, in the model's words | [`seen`] |
//! | many sequences at once through the ledger's verbs | [`play`] |

pub mod life;
pub mod play;
pub mod seen;
pub mod step;

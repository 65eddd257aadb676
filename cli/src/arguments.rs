//! Arguments that several commands share.

pub(crate) mod job_args;
pub(crate) mod moment;
pub(crate) mod tenant;

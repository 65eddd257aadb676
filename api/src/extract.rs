//! Reading requests, so that what cannot be read is answered in the one shape of errors.

mod id;
mod json;
mod query;
mod text;

pub(crate) use id::Id;
pub(crate) use json::{Json, JsonBody, Unreadable, decode};
pub(crate) use query::Query;
pub(crate) use text::Text;

//! SQL that Diesel's builder cannot say, prepared once a connection.
//!
//! The engine's statements move hundreds of rows at once through several tables
//! (`unnest`, data-modifying `WITH`), which is beyond a typed builder. They
//! stand in `.sql` files beside the code that binds them, can be pasted into
//! psql, and all go through here. Diesel takes a raw query to be unsafe to cache,
//! since its text might vary without end; these texts are constants.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;

/// A raw query whose text is a constant, so that its plan may be kept.
#[derive(Clone, Debug)]
pub(crate) struct Prepared<Q>(pub(crate) Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Prepared<Q> {
    type SqlType = Untyped;
}

/// `sql_query` of an `.sql` file beside the caller, to be bound and wrapped in [`Prepared`].
macro_rules! sql_file {
    ($path:literal) => {
        diesel::sql_query(include_str!($path))
    };
}
pub(crate) use sql_file;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::prepared::Prepared;

/// What a kind's jobs have unless they say otherwise, as the workers that know it recorded it.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct KnownKind {
    /// The kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its queue.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Its priority band's number.
    #[diesel(sql_type = SmallInt)]
    pub band: i16,
    /// Ids in one dispatch row; null: as light kinds have it.
    #[diesel(sql_type = Nullable<Integer>)]
    pub entry_ids: Option<i32>,
    /// Attempts in all; null: the default.
    #[diesel(sql_type = Nullable<Integer>)]
    pub attempts_max: Option<i32>,
}

/// What is known of these kinds; of one that no worker knows yet, nothing.
pub async fn known_kinds(conn: &mut AsyncPgConnection, kinds: &[&str]) -> Result<Vec<KnownKind>> {
    let query = diesel::sql_query(
        "SELECT kind, queue, band, entry_ids, attempts_max FROM nexus.kinds WHERE kind = ANY ($1)",
    );
    Ok(Prepared(query.bind::<Array<Text>, _>(kinds))
        .load(conn)
        .await?)
}

use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::error::Result;
use crate::schema::nexus::relays;

/// Notes that a relay is alive, and whether it sleeps and wants a NOTIFY.
pub async fn record_relay(conn: &mut AsyncPgConnection, id: Uuid, sleeping: bool) -> Result<()> {
    diesel::insert_into(relays::table)
        .values((relays::id.eq(id), relays::sleeping.eq(sleeping)))
        .on_conflict(relays::id)
        .do_update()
        .set((relays::sleeping.eq(sleeping), relays::seen_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a relay's row away: it stops. Rows of relays that died go with it after a day.
pub async fn remove_relay(conn: &mut AsyncPgConnection, id: Uuid) -> Result<()> {
    use diesel::dsl::IntervalDsl;
    diesel::delete(
        relays::table.filter(
            relays::id
                .eq(id)
                .or(relays::seen_at.lt(now.into_sql::<Timestamptz>() - 1_i32.day())),
        ),
    )
    .execute(conn)
    .await?;
    Ok(())
}

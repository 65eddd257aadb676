//! The clock of schedules in a bed's own database: standing still, or running fast.

use chrono::{DateTime, Utc};
use nexus_schema::schedules;

use crate::bed::TestBed;

impl TestBed {
    /// Sets the clock of schedules; it stands still until it is set again.
    pub async fn schedule_time(&self, time: &str) {
        self.schedule_clock(&format!("timestamptz '{time}'")).await;
    }

    /// Sets the clock of schedules; from now on it runs `speed` times as fast as Postgres's.
    pub async fn schedule_time_flies(&self, time: &str, speed: u32) {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            now: String,
        }
        let query = diesel::sql_query("SELECT now()::text AS now");
        let mut conn = self.conn().await;
        let row: Row = diesel_async::RunQueryDsl::get_result(query, &mut *conn)
            .await
            .expect("the time");
        let since = format!("(now() - timestamptz '{}')", row.now);
        self.schedule_clock(&format!("timestamptz '{time}' + {since} * {speed}"))
            .await;
    }

    async fn schedule_clock(&self, clock: &str) {
        self.execute(&format!(
            "CREATE OR REPLACE FUNCTION nexus.schedule_clock() RETURNS timestamptz LANGUAGE sql STABLE \
             AS $$ SELECT {clock} $$"
        ))
        .await;
    }

    /// What time it is for schedules.
    pub async fn schedule_now(&self) -> DateTime<Utc> {
        let conn = &mut *self.conn().await;
        schedules::clock(conn).await.expect("the time")
    }
}

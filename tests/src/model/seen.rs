//! What the ledger shows of jobs, in the model's words.

use std::collections::HashMap;

use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::life::{Life, Row};

/// A job as the ledger shows it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// In the model's words.
    pub life: Life,
    /// Its dispatch rows' ids, in the order of `life.rows`.
    pub row_ids: Vec<i64>,
}

#[derive(Debug, QueryableByName)]
struct Shown {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    copies: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    run: i32,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    lost_leases: i32,
    #[diesel(sql_type = Integer)]
    attempts_max: i32,
    #[diesel(sql_type = Bool)]
    due: bool,
    #[diesel(sql_type = Bool)]
    late: bool,
    #[diesel(sql_type = Bool)]
    parked: bool,
    #[diesel(sql_type = Bool)]
    leased: bool,
    #[diesel(sql_type = Array<BigInt>)]
    row_ids: Vec<i64>,
    #[diesel(sql_type = Array<Bool>)]
    suspect_rows: Vec<bool>,
    #[diesel(sql_type = Array<Bool>)]
    due_rows: Vec<bool>,
    #[diesel(sql_type = Bool)]
    stop_asked: bool,
    #[diesel(sql_type = Array<Text>)]
    errors: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ended_by: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    replay_of: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    replayed_as: Option<i64>,
}

const QUERY: &str = "\
WITH job AS ( \
    SELECT id, state, run, attempt, lost_leases, attempts_max, due_at <= now() AS due, \
           coalesce(expires_at <= now(), false) AS late, parked IS NOT NULL AS parked, token, \
           NULL::text AS reason, NULL::text AS ended_by, replay_of, NULL::bigint AS replayed_as \
    FROM nexus.jobs WHERE id = ANY ($1) \
    UNION ALL \
    SELECT id, state, run, attempt, lost_leases, attempts_max, false, false, false, NULL, \
           reason, ended_by, replay_of, replayed_as \
    FROM nexus.job_history WHERE id = ANY ($1) \
), entry AS ( \
    SELECT u.job, array_agg(d.id ORDER BY d.id) AS ids, array_agg(d.suspect ORDER BY d.id) AS suspect, \
           array_agg(d.due_at <= now() ORDER BY d.id) AS due \
    FROM nexus.dispatch AS d, unnest(d.job_ids) AS u(job) GROUP BY u.job \
), failed AS ( \
    SELECT job_id, array_agg(reason ORDER BY failed_at, run) AS reasons \
    FROM nexus.attempt_errors WHERE job_id = ANY ($1) GROUP BY job_id \
) \
SELECT j.id, count(*) OVER (PARTITION BY j.id) AS copies, j.state, j.run, j.attempt, j.lost_leases, \
       j.attempts_max, j.due, j.late, j.parked, \
       EXISTS (SELECT FROM nexus.leases AS l WHERE l.token = j.token AND j.id = ANY (l.job_ids) \
               AND l.expires_at > now()) AS leased, \
       coalesce(e.ids, '{}') AS row_ids, coalesce(e.suspect, '{}') AS suspect_rows, \
       coalesce(e.due, '{}') AS due_rows, \
       EXISTS (SELECT FROM nexus.cancellations AS c WHERE c.job_id = j.id) AS stop_asked, \
       coalesce(f.reasons, '{}') AS errors, j.reason, j.ended_by, j.replay_of, j.replayed_as \
FROM job AS j LEFT JOIN entry AS e ON e.job = j.id LEFT JOIN failed AS f ON f.job_id = j.id";

/// What the ledger shows of these jobs, by id. Panics where one stands twice.
pub async fn seen(
    conn: &mut AsyncPgConnection,
    ids: &[i64],
    place: impl Fn(i64) -> usize,
) -> HashMap<i64, Seen> {
    let shown: Vec<Shown> = sql_query(QUERY)
        .bind::<Array<BigInt>, _>(ids)
        .load(conn)
        .await
        .expect("a look");
    let all = shown.into_iter().map(|shown| {
        assert_eq!(shown.copies, 1, "job {} is live and in history", shown.id);
        (shown.id, shown.seen(&place))
    });
    all.collect()
}

impl Shown {
    fn seen(self, place: impl Fn(i64) -> usize) -> Seen {
        let rows = self.suspect_rows.into_iter().zip(self.due_rows);
        Seen {
            row_ids: self.row_ids,
            life: Life {
                state: self.state.parse().expect("a state"),
                run: self.run,
                attempt: self.attempt,
                lost_leases: self.lost_leases,
                attempts_max: self.attempts_max,
                due: self.due,
                late: self.late,
                parked: self.parked,
                leased: self.leased,
                rows: rows.map(|(suspect, due)| Row { suspect, due }).collect(),
                stop_asked: self.stop_asked,
                errors: self.errors,
                reason: self.reason,
                ended_by: self.ended_by,
                replay_of: self.replay_of.map(&place),
                replayed_as: self.replayed_as.map(&place),
            },
        }
    }
}

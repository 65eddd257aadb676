//! The run's own tables beside the ledger, and what stands in all of them at the end.

use std::collections::HashMap;

use anyhow::Context as _;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_config::Settings;
use nexus_jobs::{Actor, QueueName, TransportName};
use nexus_schema::queues;

use super::run_settings::DATABASE;
use super::ticking::{self, Ticked};

/// Makes roles, database, schema and tables on an empty server; `superuser` is the URL of its
/// maintenance database.
pub async fn make(superuser: &str, settings: &Settings) -> anyhow::Result<()> {
    const ROLES: &str = include_str!("../../../deploy/roles.sql");
    let mut conn = nexus_schema::connect(superuser, &settings.postgres).await?;
    conn.batch_execute(ROLES).await?;
    let database = format!("CREATE DATABASE {DATABASE} OWNER nexus_owner");
    conn.batch_execute(&database).await?;
    let postgres = settings.postgres.clone();
    // The harness of the migrations blocks, and so gets a runtime of its own.
    let migrated = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        anyhow::Ok(runtime.block_on(nexus_schema::migrate::run(&postgres))?)
    });
    migrated.await??;
    let mut conn = connect(superuser, settings).await?;
    conn.batch_execute(
        "CREATE SCHEMA chaos; \
         CREATE TABLE chaos.effects (job bigint PRIMARY KEY, times integer NOT NULL); \
         CREATE TABLE chaos.steps (job bigint NOT NULL); \
         CREATE TABLE chaos.ticks (schedule text NOT NULL, unix bigint NOT NULL); \
         CREATE INDEX steps_job ON chaos.steps (job); \
         GRANT USAGE ON SCHEMA chaos TO nexus_app; \
         GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA chaos TO nexus_app",
    )
    .await?;
    ticking::set(&mut conn).await
}

/// Has a broker carry the run's queues.
pub async fn carry(
    superuser: &str,
    settings: &Settings,
    transport: TransportName,
) -> anyhow::Result<()> {
    let mut conn = connect(superuser, settings).await?;
    for queue in settings.workers.queues.keys() {
        sql_query(
            "INSERT INTO nexus.queues (name, transport, changed_by) VALUES ($1, $2, 'chaos')",
        )
        .bind::<Text, _>(queue)
        .bind::<Text, _>(transport.as_str())
        .execute(&mut conn)
        .await?;
    }
    Ok(())
}

/// Has the other broker carry one of the run's queues.
pub async fn switch(conn: &mut AsyncPgConnection, luck: u64) -> anyhow::Result<()> {
    let asked = queues::list(conn).await?;
    let count = u64::try_from(asked.len())?.max(1);
    let nth = usize::try_from(luck % count)?;
    let queue = asked.get(nth).context("a queue")?;
    let other = match queue.transport.as_deref() {
        Some("kafka") => TransportName::Redis,
        _ => TransportName::Kafka,
    };
    let name = QueueName::new(&queue.name)?;
    queues::switch(conn, &name, other, &Actor::named("chaos")).await?;
    Ok(())
}

/// A connection to the run's database as the superuser.
pub async fn connect(superuser: &str, settings: &Settings) -> anyhow::Result<AsyncPgConnection> {
    let server = superuser.rsplit_once('/').map_or(superuser, |(url, _)| url);
    let mut settings = settings.postgres.clone();
    // Reads whole tables at the end.
    settings.statement_timeout = nexus_config::Span::new(std::time::Duration::from_mins(5));
    Ok(nexus_schema::connect(&format!("{server}/{DATABASE}"), &settings).await?)
}

/// What is unfinished just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Left {
    /// Unfinished jobs.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
    /// Dispatch rows.
    #[diesel(sql_type = BigInt)]
    pub dispatch: i64,
    /// Leases.
    #[diesel(sql_type = BigInt)]
    pub leases: i64,
    /// Workflows that run.
    #[diesel(sql_type = BigInt)]
    pub workflows: i64,
}

/// Counts what is unfinished.
pub async fn left(conn: &mut AsyncPgConnection) -> anyhow::Result<Left> {
    let count = sql_query(
        "SELECT (SELECT count(*) FROM nexus.jobs) AS jobs, \
                (SELECT count(*) FROM nexus.dispatch) AS dispatch, \
                (SELECT count(*) FROM nexus.leases) AS leases, \
                (SELECT count(*) FROM nexus.workflows) AS workflows",
    );
    Ok(count.get_result(conn).await?)
}

/// How many leases a worker process has.
pub async fn leases_of(conn: &mut AsyncPgConnection, pid: u32) -> anyhow::Result<i64> {
    of_process(
        conn,
        "SELECT count(*) AS rows FROM nexus.leases AS l \
         JOIN nexus.workers AS w ON w.id = l.worker_id WHERE w.pid = $1",
        pid,
    )
    .await
}

/// How many jobs the ledger has taken from a worker process, since their lease ran out.
pub async fn taken_from(conn: &mut AsyncPgConnection, pid: u32) -> anyhow::Result<i64> {
    of_process(
        conn,
        "SELECT count(*) AS rows FROM nexus.attempt_errors AS e \
         JOIN nexus.workers AS w ON w.id = e.worker_id \
         WHERE w.pid = $1 AND e.reason = 'lost_lease'",
        pid,
    )
    .await
}

async fn of_process(conn: &mut AsyncPgConnection, count: &str, pid: u32) -> anyhow::Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let pid = i32::try_from(pid)?;
    let row: Row = sql_query(count)
        .bind::<Integer, _>(pid)
        .get_result(conn)
        .await?;
    Ok(row.rows)
}

/// A job as it stands in history.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Finished {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub job: i64,
    /// Its number, from its arguments.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub n: Option<i64>,
    /// `completed`, `discarded` or `cancelled`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Claims of it.
    #[diesel(sql_type = Integer)]
    pub run: i32,
}

/// A failed attempt as the ledger noted it.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Failed {
    /// The job.
    #[diesel(sql_type = BigInt)]
    pub job: i64,
    /// Its run.
    #[diesel(sql_type = Integer)]
    pub run: i32,
    /// Why: `error`, `panic`, `lost_lease`.
    #[diesel(sql_type = Text)]
    pub reason: String,
}

/// What stands in the tables at the end.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// History, a row a finished job.
    pub finished: Vec<Finished>,
    /// Failed attempts.
    pub failed: Vec<Failed>,
    /// Effects: how often each job left its own.
    pub effects: HashMap<i64, i64>,
    /// Steps: how often each job took its own.
    pub steps: HashMap<i64, i64>,
    /// What is unfinished.
    pub left: Left,
    /// Workflows that ended.
    pub flows: Vec<Flow>,
    /// What became of ticks, a row a schedule.
    pub ticked: Vec<Ticked>,
}

/// A workflow as it stands in history.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Flow {
    /// The number of its first job, which is its key.
    #[diesel(sql_type = BigInt)]
    pub first: i64,
    /// How it ended.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Jobs that it called.
    #[diesel(sql_type = BigInt)]
    pub called: i64,
    /// Jobs of it that were begun before one that they waited for had ended.
    #[diesel(sql_type = BigInt)]
    pub early: i64,
}

/// Reads them all.
pub async fn read(conn: &mut AsyncPgConnection) -> anyhow::Result<Tables> {
    let finished = "SELECT id AS job, (args->>'n')::bigint AS n, state, run FROM nexus.job_history \
                    WHERE kind <> 'chaos.tick'";
    let flows = "SELECT h.key::bigint AS first, h.state, cardinality(h.called)::bigint AS called, \
                 (SELECT count(*) FROM json_to_recordset(h.nodes) AS n(job_id bigint, before integer[]) \
                  JOIN nexus.job_history AS j ON j.id = n.job_id \
                  WHERE j.started_at < (SELECT max(b.finished_at) \
                      FROM json_to_recordset(h.nodes) AS b(node integer, finished_at timestamptz) \
                      WHERE b.node = ANY (n.before))) AS early \
                 FROM nexus.workflow_history AS h";
    let failed = "SELECT job_id AS job, run, reason FROM nexus.attempt_errors";
    let effects = "SELECT job, times::bigint AS times FROM chaos.effects";
    let steps = "SELECT job, count(*) AS times FROM chaos.steps GROUP BY job";
    Ok(Tables {
        finished: sql_query(finished).load(conn).await?,
        failed: sql_query(failed).load(conn).await?,
        effects: times(conn, effects).await?,
        steps: times(conn, steps).await?,
        left: left(conn).await?,
        flows: sql_query(flows).load(conn).await?,
        ticked: ticking::read(conn).await?,
    })
}

async fn times(conn: &mut AsyncPgConnection, text: &str) -> anyhow::Result<HashMap<i64, i64>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        job: i64,
        #[diesel(sql_type = BigInt)]
        times: i64,
    }
    let rows: Vec<Row> = sql_query(text).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.job, row.times)).collect())
}

//! A test's own database, key prefix and settings.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_config::Settings;
use nexus_jobs::kinds::Noop;
use nexus_jobs::{Actor, Enqueued, JobId, NewJob};
use nexus_producer::Producer;
use nexus_queue::RedisTransport;
use nexus_schema::pool::Pooled;
use nexus_schema::{Keep, Pool};
use tempfile::TempDir;
use uuid::Uuid;

use crate::redis_space::RedisSpace;
use crate::servers::Servers;
use crate::small_settings::small_settings;
use crate::template::{superuser, template};

/// How long a test may take: far more than any needs, so that one that hangs
/// fails by itself.
pub const BOUND: Duration = Duration::from_mins(2);

/// A test about to run; boxed, since a whole test is a large future.
pub type Test<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// How long tidying up may take.
const CLEAN_UP_BOUND: Duration = Duration::from_secs(20);

/// A database, a key prefix and a directory of a test's own, and settings for
/// them. Dropping it drops them.
#[derive(Debug)]
pub struct TestBed {
    servers: Servers,
    database: String,
    settings: Settings,
    redis: RedisSpace,
    pool: Pool,
    dir: TempDir,
}

/// Runs a test in a new bed, within [`BOUND`].
pub fn in_bed<'a>(test: impl AsyncFnOnce(&TestBed) + 'a) -> Test<'a> {
    bounded(async {
        let bed = TestBed::new().await;
        test(&bed).await;
    })
}

/// Runs a test that needs no bed, within [`BOUND`].
pub fn bounded<'a>(test: impl Future<Output = ()> + 'a) -> Test<'a> {
    Box::pin(async {
        tokio::time::timeout(BOUND, test)
            .await
            .expect("the test ends within its bound");
    })
}

impl TestBed {
    /// A bed on the servers of the environment.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A bed on the servers of the environment, with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let servers = Servers::from_env();
        let template = template(&servers).await;
        Self::on(servers, template, change).await
    }

    /// A bed on the servers of the environment whose database nobody migrated.
    pub async fn unmigrated() -> Self {
        Self::on(Servers::from_env(), "template0", |_| {}).await
    }

    /// A bed on any servers, cloned from a template that is there.
    pub async fn on(servers: Servers, template: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let name = format!("t{}", &Uuid::new_v4().simple().to_string()[..12]);
        let database = format!("nexus_{name}");
        let dir = TempDir::with_prefix("nexus-test-").expect("a directory");
        let mut settings = small_settings(&servers, &database, &name, dir.path());
        change(&mut settings);
        for folder in ["data", "spool"] {
            std::fs::create_dir(dir.path().join(folder)).expect("a directory");
        }
        superuser(&servers, "postgres", &settings)
            .await
            .batch_execute(&format!(
                "CREATE DATABASE {database} OWNER nexus_owner TEMPLATE {template}"
            ))
            .await
            .expect("a database of the test's own");
        Self {
            redis: RedisSpace::new(&settings.redis),
            pool: Pool::new(&settings.postgres, Keep::None),
            servers,
            database,
            settings,
            dir,
        }
    }

    /// Settings for this bed.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A directory of its own; `data` in it is an allowed root for datasets.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Connections as `nexus_app`.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A connection as `nexus_app`.
    pub async fn conn(&self) -> Pooled<'_> {
        self.pool.get().await.expect("a connection")
    }

    /// A connection as one of the three roles.
    pub async fn conn_as(&self, role: &str) -> AsyncPgConnection {
        let url = self.servers.postgres_as(role, &self.database);
        nexus_schema::connect(&url, &self.settings.postgres)
            .await
            .expect("a connection")
    }

    /// Its part of Redis.
    pub const fn redis(&self) -> &RedisSpace {
        &self.redis
    }

    /// A transport over its part of Redis.
    pub fn transport(&self) -> RedisTransport {
        self.redis.transport().clone()
    }

    /// An enqueue client.
    pub fn producer(&self) -> Producer {
        Producer::new(self.pool.clone(), &self.settings)
    }

    /// Enqueues `count` jobs that do nothing.
    pub async fn enqueue_noops(&self, count: usize) -> Vec<JobId> {
        let jobs = vec![noop(); count];
        self.enqueue(&jobs).await
    }

    /// Enqueues jobs.
    pub async fn enqueue(&self, jobs: &[NewJob]) -> Vec<JobId> {
        let enqueued = self.enqueued(jobs).await;
        enqueued.into_iter().map(Enqueued::id).collect()
    }

    /// Enqueues jobs, and tells what became of each.
    pub async fn enqueued(&self, jobs: &[NewJob]) -> Vec<Enqueued> {
        self.producer()
            .enqueue_many(jobs, &actor())
            .await
            .expect("an enqueue")
    }

    /// A job's state, live or finished.
    pub async fn state(&self, id: JobId) -> String {
        let found = nexus_schema::jobs::find(&mut *self.conn().await, id).await;
        found.expect("a look").expect("the job").job.state
    }

    /// Runs a statement as the superuser, in this bed's database.
    pub async fn execute(&self, statement: &str) {
        let mut conn = superuser(&self.servers, &self.database, &self.settings).await;
        conn.batch_execute(statement).await.expect("a statement");
    }

    /// How many rows of one of the ledger's tables match a condition.
    pub async fn count(&self, table: &str, condition: &str) -> i64 {
        self.count_in(&format!("nexus.{table}"), condition).await
    }

    /// How many rows of any relation match a condition.
    pub async fn count_in(&self, relation: &str, condition: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            rows: i64,
        }
        let text = format!("SELECT count(*) AS rows FROM {relation} WHERE {condition}");
        let counted: Row = sql_query(text)
            .get_result(&mut *self.conn().await)
            .await
            .expect("a count");
        counted.rows
    }
}

/// A job that does nothing.
pub fn noop() -> NewJob {
    NewJob::of(&Noop::default()).expect("a job")
}

/// Whom tests act as.
pub fn actor() -> Actor {
    Actor::named("test")
}

impl Drop for TestBed {
    fn drop(&mut self) {
        let (servers, settings) = (self.servers.clone(), self.settings.clone());
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database);
        clean_up(async move {
            let url = servers.postgres_superuser("postgres");
            // Best effort: a run leaves at worst a database on a private server.
            if let Ok(mut conn) = nexus_schema::connect(&url, &settings.postgres).await {
                let _ = conn.batch_execute(&statement).await;
            }
        });
    }
}

/// Runs tidying up to its end, or to a bound, from a `drop` on any runtime.
pub(crate) fn clean_up(act: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            let _ = runtime.block_on(async { tokio::time::timeout(CLEAN_UP_BOUND, act).await });
        }
    });
    let _ = thread.join();
}

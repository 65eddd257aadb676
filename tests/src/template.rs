//! The migrated database that every test's own is cloned from.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexus_config::Settings;
use tokio::sync::OnceCell;

use crate::servers::Servers;
use crate::small_settings::small_settings;

static MADE: OnceCell<String> = OnceCell::const_new();

/// Key of the lock under which the template is made: any number, the same for all.
const MAKING: i64 = 0x6e65_7875_7374;

/// The template's name on the servers of the environment. Made where it is missing,
/// once over all processes; another migration gives another name.
pub async fn template(servers: &Servers) -> &'static str {
    MADE.get_or_init(|| make(servers.clone())).await
}

/// Makes the template on any servers and names it.
pub async fn make(servers: Servers) -> String {
    let settings = small_settings(&servers, "postgres", "unused", Path::new("unused"));
    let mut conn = superuser(&servers, "postgres", &settings).await;
    sql_query(format!("SELECT pg_advisory_lock({MAKING})"))
        .execute(&mut conn)
        .await
        .expect("the lock under which the template is made");
    let name = format!("nexus_template_{:016x}", hash_of_migrations());
    if !exists(&mut conn, &name).await {
        // Under another name until it is whole: a killed run leaves no half template.
        let new = format!("{name}_new");
        let create = format!("CREATE DATABASE {new} OWNER nexus_owner");
        for statement in [format!("DROP DATABASE IF EXISTS {new}"), create] {
            conn.batch_execute(&statement)
                .await
                .expect("an empty database");
        }
        migrate(&servers, &new);
        conn.batch_execute(&format!("ALTER DATABASE {new} RENAME TO {name}"))
            .await
            .expect("the template");
    }
    name
}

/// On a thread and runtime of its own: the harness of the migrations blocks.
fn migrate(servers: &Servers, database: &str) {
    let settings = small_settings(servers, database, "unused", Path::new("unused")).postgres;
    let migrated = std::thread::spawn(move || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(nexus_schema::migrate::run(&settings))
    });
    migrated
        .join()
        .expect("the migrations' thread")
        .expect("the migrations");
}

/// A connection as the superuser.
pub async fn superuser(
    servers: &Servers,
    database: &str,
    settings: &Settings,
) -> AsyncPgConnection {
    nexus_schema::connect(&servers.postgres_superuser(database), &settings.postgres)
        .await
        .expect("a connection to Postgres as its superuser")
}

async fn exists(conn: &mut AsyncPgConnection, name: &str) -> bool {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        there: bool,
    }
    let row: Row = sql_query("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS there")
        .bind::<Text, _>(name)
        .get_result(conn)
        .await
        .expect("a look at the databases");
    row.there
}

/// Of the migrations' text, and of the month, since they make its partitions.
fn hash_of_migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the migrations")
        .map(|entry| entry.expect("a migration").path().join("up.sql"))
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).expect("a migration").hash(&mut hasher);
    }
    chrono::Utc::now()
        .format("%Y-%m")
        .to_string()
        .hash(&mut hasher);
    hasher.finish()
}

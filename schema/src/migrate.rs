//! The migrations, embedded in the binary.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel_async::AsyncMigrationHarness;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use nexus_config::Postgres;

use crate::connect::connect;
use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// One migration, and whether the database has it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MigrationStatus {
    /// Its folder's name.
    pub name: String,
    /// Whether it has run.
    pub applied: bool,
}

/// Runs what is pending, as `owner_url`; returns the names of what ran.
///
/// Needs a runtime with more than one thread, since Diesel's harness blocks.
pub async fn run(settings: &Postgres) -> Result<Vec<String>> {
    with_harness(settings, |harness| {
        let ran = harness.run_pending_migrations(MIGRATIONS).map_err(failed)?;
        ran.iter().map(name_of).collect()
    })
    .await
}

/// Takes back the newest migration, as `owner_url`; returns its name.
pub async fn revert(settings: &Postgres) -> Result<String> {
    with_harness(settings, |harness| {
        let reverted = harness.revert_last_migration(MIGRATIONS).map_err(failed)?;
        name_of(&reverted)
    })
    .await
}

/// Every migration in order, and whether the database has it.
pub async fn status(settings: &Postgres) -> Result<Vec<MigrationStatus>> {
    with_harness(settings, |harness| {
        let pending: Vec<String> = harness
            .pending_migrations(MIGRATIONS)
            .map_err(failed)?
            .iter()
            .map(|migration| migration.name().to_string())
            .collect();
        let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
        let mut all: Vec<MigrationStatus> = all
            .iter()
            .map(|migration| migration.name().to_string())
            .map(|name| MigrationStatus {
                applied: !pending.contains(&name),
                name,
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    })
    .await
}

/// The folder's name of a version: Diesel says what it ran by version alone.
fn name_of(version: &MigrationVersion<'_>) -> Result<String> {
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
    let found = all.iter().find(|m| m.name().version() == *version);
    Ok(found.map_or_else(|| version.to_string(), |m| m.name().to_string()))
}

async fn with_harness<T: Send + 'static>(
    settings: &Postgres,
    act: impl FnOnce(&mut AsyncMigrationHarness<diesel_async::AsyncPgConnection>) -> Result<T>
    + Send
    + 'static,
) -> Result<T> {
    // A migration may rightly take longer than a request.
    let mut settings = settings.clone();
    settings.statement_timeout = nexus_config::Span::new(std::time::Duration::from_hours(1));
    let connection = connect(settings.owner_url.expose(), &settings).await?;
    tokio::task::spawn_blocking(move || act(&mut AsyncMigrationHarness::new(connection)))
        .await
        .map_err(|error| Error::Database(error.to_string()))?
}

fn failed(error: impl std::fmt::Display) -> Error {
    let text = error.to_string();
    if text.contains("role \"nexus_") {
        return Error::Invalid(format!(
            "{text}: create the roles first, as a superuser: psql -f deploy/roles.sql"
        ));
    }
    Error::Database(text)
}

//! Looks at the ledger from beside the run, past the fault proxy.

use nexus_config::Settings;
use nexus_schema::AsyncPgConnection;
use tokio::sync::Mutex;

use super::tables;

/// The ledger's database as its superuser sees it.
pub struct Ledger {
    superuser: String,
    settings: Settings,
    conn: Mutex<Option<AsyncPgConnection>>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    /// The one on the server at this URL; connects at the first look.
    pub fn new(superuser: String, settings: &Settings) -> Self {
        Self {
            superuser,
            settings: settings.clone(),
            conn: Mutex::new(None),
        }
    }

    /// A connection of its own.
    pub async fn connect(&self) -> anyhow::Result<AsyncPgConnection> {
        tables::connect(&self.superuser, &self.settings).await
    }

    /// A look; `None` while the server is away.
    pub async fn look<T>(
        &self,
        look: impl AsyncFnOnce(&mut AsyncPgConnection) -> anyhow::Result<T>,
    ) -> Option<T> {
        let mut kept = self.conn.lock().await;
        let mut conn = match kept.take() {
            Some(conn) => conn,
            None => self.connect().await.ok()?,
        };
        let seen = look(&mut conn).await.ok()?;
        *kept = Some(conn);
        Some(seen)
    }
}

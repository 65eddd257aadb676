//! One connection to Postgres, with the settings that every connection has.

use std::str::FromStr;

use diesel_async::AsyncPgConnection;
use nexus_config::Postgres;
use tokio_postgres::NoTls;

use crate::error::{Error, Result};

/// Connects as whoever `url` names.
pub async fn connect(url: &str, settings: &Postgres) -> Result<AsyncPgConnection> {
    let (client, connection) = config(url, settings)?
        .connect(NoTls)
        .await
        .map_err(|error| match Error::from(error) {
            Error::Database(text) => Error::Database(format!("connecting: {text}")),
            other => other,
        })?;
    Ok(AsyncPgConnection::try_from_client_and_connection(client, connection).await?)
}

/// The driver's configuration for `url`.
pub(crate) fn config(url: &str, settings: &Postgres) -> Result<tokio_postgres::Config> {
    let mut config = tokio_postgres::Config::from_str(url)
        .map_err(|error| Error::Invalid(format!("not a Postgres URL: {error}")))?;
    config.connect_timeout(settings.connect_timeout.get());
    config.application_name("nexus");
    config.keepalives_idle(std::time::Duration::from_mins(1));
    // These travel with the connection's start: no round trip. Generic plans, since
    // the first executions would otherwise be planned for their very arrays, and a
    // batch of a thousand ids makes a scan of the whole table look cheap, which
    // also locks rows out of order.
    config.options(format!(
        "-c statement_timeout={} -c idle_in_transaction_session_timeout={} \
         -c plan_cache_mode=force_generic_plan",
        settings.statement_timeout.get().as_millis(),
        settings.transaction_idle_timeout.get().as_millis()
    ));
    Ok(config)
}

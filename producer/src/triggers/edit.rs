use diesel_async::AsyncConnection;
use nexus_jobs::Actor;
use nexus_jobs::trigger::{Definition, Trigger};
use nexus_schema::triggers::{self, LISTENER, TriggerView};
use nexus_schema::{AsyncPgConnection, Error, Result, events};

use super::listening::listening;

/// Makes a trigger, enabled, or changes one, which stays enabled or disabled. Counts for events from
/// now on.
///
/// # Errors
///
/// [`Error::Invalid`] with the place in the definition that is wrong.
pub async fn set(
    conn: &mut AsyncPgConnection,
    name: &str,
    definition: Definition,
    actor: &Actor,
) -> Result<TriggerView> {
    let trigger = Trigger::new(name, 0, definition).map_err(Error::Invalid)?;
    let json = serde_json::to_value(&trigger.definition)
        .map_err(|error| Error::Invalid(error.to_string()))?;
    conn.transaction(async |conn| {
        let view = triggers::set(conn, name, &json, actor).await?;
        relisten(conn).await?;
        Ok(view)
    })
    .await
}

/// Enables a trigger, and forgets what it was disabled for.
pub async fn enable(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<TriggerView> {
    conn.transaction(async |conn| {
        let view = triggers::enable(conn, name, actor).await?;
        relisten(conn).await?;
        Ok(view)
    })
    .await
}

/// Disables a trigger: events from now on do not fire it, nor do they later.
pub async fn disable(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<TriggerView> {
    conn.transaction(async |conn| {
        let view = triggers::disable(conn, name, None, actor).await?;
        relisten(conn).await?;
        Ok(view)
    })
    .await
}

/// Removes a trigger; its versions and its log stay.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<TriggerView> {
    conn.transaction(async |conn| {
        let view = triggers::remove(conn, name, actor).await?;
        relisten(conn).await?;
        Ok(view)
    })
    .await
}

/// Brings what is written down for triggers in line with those that are enabled. The listener's row is
/// locked before they are read, so of two changes at once the later one sees both.
pub(super) async fn relisten(conn: &mut AsyncPgConnection) -> Result<()> {
    events::enlist(conn, LISTENER).await?;
    let all = triggers::list(conn).await?;
    let enabled = all.iter().filter(|trigger| trigger.enabled);
    let definitions: Vec<Definition> = enabled
        .filter_map(|trigger| serde_json::from_value(trigger.definition.clone()).ok())
        .collect();
    let listened = listening(definitions.iter().map(|definition| &definition.on));
    events::relisten(conn, LISTENER, &listened).await
}

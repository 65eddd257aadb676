use nexus_jobs::{ChangeId, Event};
use nexus_schema::events::{self, Detail};
use nexus_schema::{AsyncPgConnection, Error, Result};
use serde_json::{Value, json};

/// An event as somebody gives it to a dry run: a CloudEvent, of which all but the type may be left out.
pub fn given(mut json: Value, source: &str) -> Result<Event> {
    let Some(attributes) = json.as_object_mut() else {
        return Err(Error::Invalid("an event is a JSON object".to_owned()));
    };
    for (name, default) in [
        ("specversion", json!("1.0")),
        ("id", json!("given")),
        ("source", json!(source)),
    ] {
        attributes.entry(name).or_insert(default);
    }
    Event::from_cloud_event(&json).map_err(Error::Invalid)
}

/// An event that the ledger knows: a change of a job's state, such as `7.1.completed`, from what is kept
/// of the job; any other from the log of a trigger that it fired, or should have.
pub async fn recorded(conn: &mut AsyncPgConnection, id: &str, source: &str) -> Result<Event> {
    let unknown = || Error::NotFound {
        what: "recorded event",
        id: id.to_owned(),
    };
    if let Ok(change) = id.parse::<ChangeId>()
        && let Some(row) = events::change(conn, change).await?
    {
        let found = events::expand(conn, &[row], source, Detail::All).await?;
        return found.into_iter().next().ok_or_else(unknown);
    }
    let json = events::logged(conn, id).await?.ok_or_else(unknown)?;
    Event::from_cloud_event(&json).map_err(Error::Database)
}

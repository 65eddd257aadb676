//! The schedules that the settings say: as definitions, and into the ledger.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel_async::AsyncConnection;
use nexus_config::{ScheduleJob, Schedules, Span};
use nexus_jobs::Actor;
use nexus_jobs::schedule::{Definition, Schedule};
use nexus_schema::schedules::{self, Origin, ScheduleView};
use nexus_schema::{AsyncPgConnection, Error, Result};
use serde_json::{Map, Value, json};

use super::edit::set_as;

/// The schedules that the settings say, by name; or all that is wrong with them. Pure.
///
/// # Errors
///
/// A text a mistake, with its place.
pub fn of_settings(settings: &Schedules) -> Result<BTreeMap<String, Definition>, Vec<String>> {
    let (mut said, mut mistakes) = (BTreeMap::new(), Vec::new());
    for (name, job) in settings.all() {
        let checked = definition(job).and_then(|definition| {
            Schedule::new(name, 0, definition).map(|schedule| schedule.definition)
        });
        match checked {
            Ok(definition) => {
                said.insert(name.to_owned(), definition);
            }
            Err(wrong) => {
                let own = settings.jobs.contains_key(name);
                let table = if own { "jobs" } else { "shipped" };
                mistakes.push(format!("schedules.{table}.{name}: {wrong}"));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(said)
    } else {
        Err(mistakes)
    }
}

fn definition(job: &ScheduleJob) -> Result<Definition, String> {
    let millis = |span: Span| u64::try_from(span.get().as_millis()).unwrap_or(u64::MAX);
    let enqueue = &job.enqueue;
    let enqueue = given([
        ("kind", Some(json!(enqueue.kind))),
        ("args", enqueue.args.clone()),
        ("queue", enqueue.queue.as_ref().map(|queue| json!(queue))),
        ("band", enqueue.band.as_ref().map(|band| json!(band))),
        ("attempts", enqueue.attempts.map(Value::from)),
        (
            "timeout_ms",
            enqueue.timeout.map(|span| json!(millis(span))),
        ),
        ("tags", Some(json!(enqueue.tags))),
        ("tenant_id", enqueue.tenant_id.map(Value::from)),
        (
            "limit_key",
            enqueue.limit_key.as_ref().map(|key| json!(key)),
        ),
        (
            "unique_key",
            enqueue.unique_key.as_ref().map(|key| json!(key)),
        ),
    ]);
    let whole = given([
        ("cron", Some(json!(job.cron))),
        ("zone", job.zone.as_ref().map(|zone| json!(zone))),
        ("enqueue", Some(enqueue)),
        ("jitter_ms", job.jitter.map(|span| json!(millis(span)))),
        ("start", job.start.as_ref().map(|start| json!(start))),
        ("end", job.end.as_ref().map(|end| json!(end))),
        ("overlap", job.overlap.as_ref().map(|policy| json!(policy))),
        ("missed", job.missed.as_ref().map(|policy| json!(policy))),
        ("catch_up_max", job.catch_up_max.map(Value::from)),
    ]);
    serde_json::from_value(whole).map_err(|error| error.to_string())
}

/// An object of what is there.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

/// Brings the ledger in line with what the settings say: new ones are set, changed ones changed, and
/// those that the settings no longer say removed. A pause stays, and so does what an operator set under
/// the same name. False: somebody else decides about schedules just now.
pub(super) async fn bring_in_line(
    conn: &mut AsyncPgConnection,
    said: &BTreeMap<String, Definition>,
    silence: Duration,
) -> Result<bool> {
    let actor = Actor::system("config");
    conn.transaction::<_, Error, _>(async |conn| {
        if schedules::lead(conn, silence).await?.is_none() {
            return Ok(false);
        }
        let there = schedules::list(conn).await?;
        for (name, definition) in said {
            let same = there.iter().find(|view| view.name == *name);
            match same {
                Some(view) if view.origin != Origin::Config.as_str() => tracing::warn!(
                    schedule = %name,
                    "the settings say a schedule that an operator has set; the operator's stays"
                ),
                Some(view) if is_so(view, definition) => {}
                _ => {
                    set_as(conn, name, definition.clone(), Origin::Config, &actor).await?;
                    tracing::info!(schedule = %name, "set as the settings say");
                }
            }
        }
        for view in there {
            if view.origin == Origin::Config.as_str() && !said.contains_key(&view.name) {
                schedules::remove(conn, &view.name, &actor).await?;
                tracing::info!(schedule = %view.name, "removed, since the settings say it no longer");
            }
        }
        Ok(true)
    })
    .await
}

fn is_so(view: &ScheduleView, definition: &Definition) -> bool {
    let stored = serde_json::from_value::<Definition>(view.definition.clone());
    stored.is_ok_and(|stored| stored == *definition)
}

#[cfg(test)]
mod tests {
    use nexus_config::Settings;

    use super::*;

    #[test]
    fn what_ships_is_right() {
        let said = of_settings(&Settings::defaults().schedules).unwrap();
        let names: Vec<&str> = said.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "nightly-cleanup",
                "partitions-ahead",
                "warm-cache",
                "weekly-report"
            ]
        );
        assert_eq!(said["nightly-cleanup"].jitter_ms, 300_000);
    }

    #[test]
    fn every_mistake_is_found_at_its_place() {
        let mut settings = Settings::defaults().schedules;
        let mut own = settings.shipped["warm-cache"].clone();
        own.zone = Some("Europe/Nowhere".to_owned());
        settings.jobs.insert("a".to_owned(), own.clone());
        own.zone = None;
        own.overlap = Some("sometimes".to_owned());
        settings.jobs.insert("b".to_owned(), own);
        let mistakes = of_settings(&settings).unwrap_err();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(
            mistakes[0].starts_with("schedules.jobs.a: zone: "),
            "{mistakes:?}"
        );
        assert!(
            mistakes[1].starts_with("schedules.jobs.b: "),
            "{mistakes:?}"
        );
    }
}

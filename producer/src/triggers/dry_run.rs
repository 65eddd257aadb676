use nexus_jobs::trigger::{Definition, Mismatch, Trigger, Verdict};
use nexus_jobs::{Event, NewJob};
use nexus_schema::triggers;
use nexus_schema::{AsyncPgConnection, Error, Result};
use serde::Serialize;
use serde_json::Value;

use super::known::compiled;

/// What a trigger would make of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Judgement {
    /// The trigger.
    pub trigger: String,
    /// Its version; 0 for one that is not stored.
    pub version: i32,
    /// Whether it is enabled: where it is not, nothing happens whatever the verdict.
    pub enabled: bool,
    /// `fires`, `no match`, `skipped` or `fails`.
    pub verdict: &'static str,
    /// Why it does not fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The job that it would enqueue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<NewJobView>,
}

/// A job that would be enqueued.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewJobView {
    /// Its kind.
    pub kind: String,
    /// Its arguments.
    pub args: Value,
    /// Whose it would be.
    pub tenant_id: i64,
    /// How many triggers there would be between it and the first job.
    pub depth: u16,
    /// Its ordering key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_key: Option<String>,
}

/// What would fire on an event from a topic, or of the ledger's own: of all triggers, or of one, as it
/// is stored or as `draft` has it. Nothing is written; that the event may have fired it before, and how
/// often it fires, is left out of account.
pub async fn dry_run(
    conn: &mut AsyncPgConnection,
    event: &Event,
    topic: Option<&str>,
    only: Option<&str>,
    draft: Option<Definition>,
    depth_max: u16,
) -> Result<Vec<Judgement>> {
    if let Some(draft) = draft {
        let trigger = Trigger::new(only.unwrap_or("draft"), 0, draft).map_err(Error::Invalid)?;
        return Ok(vec![judged(&trigger, true, event, depth_max)]);
    }
    let views = match only {
        Some(name) => vec![triggers::find(conn, name).await?],
        None => triggers::list(conn).await?,
    };
    let mut judgements = Vec::new();
    for view in views {
        let enabled = view.enabled;
        let Some(trigger) = compiled(view) else {
            continue;
        };
        if only.is_some() || trigger.definition.on.topic.as_deref() == topic {
            judgements.push(judged(&trigger, enabled, event, depth_max));
        }
    }
    Ok(judgements)
}

fn judged(trigger: &Trigger, enabled: bool, event: &Event, depth_max: u16) -> Judgement {
    let (verdict, why, job) = match trigger.judge(event, depth_max) {
        Verdict::Fires(job) => ("fires", None, Some(view(&job))),
        Verdict::No(mismatch) => ("no match", Some(because(trigger, &mismatch, event)), None),
        Verdict::TooDeep { depth, max } => {
            let why = format!("trigger {depth} in a row; at most {max} are allowed (depth_max)");
            ("skipped", Some(why), None)
        }
        Verdict::Fails(why) => ("fails", Some(why), None),
    };
    Judgement {
        trigger: trigger.name.clone(),
        version: trigger.version,
        enabled,
        verdict,
        why,
        job,
    }
}

fn view(job: &NewJob) -> NewJobView {
    NewJobView {
        kind: job.kind.clone(),
        args: serde_json::from_str(job.args.get()).unwrap_or(Value::Null),
        tenant_id: job.tenant.0,
        depth: job.depth,
        order_key: job.order_key.clone(),
    }
}

fn because(trigger: &Trigger, mismatch: &Mismatch, event: &Event) -> String {
    let definition = &trigger.definition;
    let none = || "none".to_owned();
    match mismatch {
        Mismatch::Type => format!(
            "its type is {}, not {}",
            event.event_type, definition.on.r#type
        ),
        Mismatch::Kind => format!(
            "its job's kind is {}, not {}",
            event.kind.clone().unwrap_or_else(none),
            definition.on.kind.clone().unwrap_or_else(none)
        ),
        Mismatch::Outcome => format!(
            "its outcome is not {}",
            definition.on.outcome.clone().unwrap_or_else(none)
        ),
        Mismatch::Condition(nth) => {
            let path = definition.when.get(*nth).map(|one| one.path.to_string());
            format!(
                "condition {nth} does not hold: {}",
                path.unwrap_or_default()
            )
        }
    }
}

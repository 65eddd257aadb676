//! What few jobs have beside the plain columns, as `nexus.enqueue_jobs` reads it.

use std::time::Duration;

use nexus_jobs::workflow::InWorkflow;
use nexus_jobs::{Deadline, NewJob, OnConflict, State, Unique};
use serde_json::{Map, Value, json};

/// Each job's options; `None` where no job has any, which is the fast way through.
pub(super) fn of(jobs: &[NewJob]) -> Option<Vec<Option<Value>>> {
    let options: Vec<Option<Value>> = jobs.iter().map(of_one).collect();
    options.iter().any(Option::is_some).then_some(options)
}

fn of_one(job: &NewJob) -> Option<Value> {
    let mut options = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    match job.deadline {
        Some(Deadline::In(wait)) => put("expires_in_ms", Some(millis(wait).into())),
        Some(Deadline::At(time)) => put("expires_at", Some(json!(time))),
        None => {}
    }
    put("unique", job.unique.as_ref().map(unique));
    put("order_key", job.order_key.as_deref().map(Value::from));
    put("limit_key", job.limit_key.as_deref().map(Value::from));
    put(
        "backoff",
        job.backoff.as_ref().map(|backoff| json!(backoff)),
    );
    put("replay_of", job.replay_of.map(|of| of.0.into()));
    put("workflow", job.workflow.map(place));
    put("depth", (job.depth > 0).then(|| job.depth.into()));
    (!options.is_empty()).then_some(Value::Object(options))
}

fn unique(unique: &Unique) -> Value {
    let states = unique.states_minded();
    let (replace_args, replace_due) = match unique.on_conflict {
        OnConflict::Replace { args, due } => (args, due),
        OnConflict::Existing | OnConflict::Reject => (false, false),
    };
    let mut told = json!({
        "states": states,
        "outlives": states.iter().copied().any(State::is_final),
        "reject": unique.on_conflict == OnConflict::Reject,
        "replace_args": replace_args,
        "replace_due": replace_due,
    });
    if let Some(key) = &unique.key {
        // An object, which no list of fields is.
        told["by"] = json!({ "unique key": key });
    } else if !unique.by.is_empty() {
        told["by"] = json!(unique.by);
    }
    if let Some(window) = unique.window {
        told["window_ms"] = millis(window).into();
    }
    told
}

fn place(place: InWorkflow) -> Value {
    json!({ "id": place.workflow.0, "node": place.node, "waits": place.waits })
}

fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use nexus_jobs::NewJob;
    use nexus_jobs::kinds::Noop;

    use super::*;

    #[test]
    fn plain_jobs_take_the_fast_way() {
        let plain = NewJob::of(&Noop::default()).unwrap();
        assert_eq!(of(&[plain.clone(), plain.clone()]), None);
        let ordered = plain.clone().order_key("a");
        let expected = vec![None, Some(json!({"order_key": "a"}))];
        assert_eq!(of(&[plain, ordered]), Some(expected));
    }
}

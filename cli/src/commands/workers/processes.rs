//! Worker processes, a line each.

use std::time::Duration;

use nexus_schema::workers::WorkerView;
use serde_json::Value;

use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{between, relative};

pub(super) fn render(workers: &[WorkerView], ttl: Duration, look: &Look) -> String {
    if workers.is_empty() {
        return "no worker runs; `nexus work` starts one".to_owned();
    }
    let mut table = Table::new([
        Column::cut("HOST"),
        Column::number("PID"),
        Column::new("STATE"),
        Column::number("RUNNING"),
        Column::new("SEEN"),
        Column::cut("QUEUES"),
    ]);
    for worker in workers {
        let state = state(worker, ttl, look);
        table.styled(
            2,
            Style::of_state(state),
            [
                worker.host.clone(),
                worker.pid.to_string(),
                state.to_owned(),
                worker
                    .health
                    .get("held")
                    .map(Value::to_string)
                    .unwrap_or_default(),
                relative(worker.seen_at, look.now),
                queues(worker),
            ],
        );
    }
    table.render(look)
}

/// What its last heartbeat said, unless that is longer ago than a lease.
fn state(worker: &WorkerView, ttl: Duration, look: &Look) -> &'static str {
    let says = |what: &str| worker.health.get(what) == Some(&Value::Bool(true));
    if between(worker.seen_at, look.now) > ttl {
        "silent"
    } else if says("draining") {
        "draining"
    } else if says("quiet") {
        "quiet"
    } else if says("broker_away") {
        "broker away"
    } else {
        "running"
    }
}

/// Queues, how many of their jobs run, and how many are to at once: `datasets 0/2, default 12/64`;
/// `noop paused` where nothing starts.
fn queues(worker: &WorkerView) -> String {
    let Some(queues) = worker.queues.as_object() else {
        return String::new();
    };
    let each = queues.iter().map(|(name, configured)| {
        let Some(stands) = worker.health.get("queues").and_then(|all| all.get(name)) else {
            return format!("{name} {configured}");
        };
        let number = |what: &str| stands.get(what).map(Value::to_string).unwrap_or_default();
        let (running, desired) = (number("running"), number("desired"));
        match stands.get("paused") {
            Some(Value::Bool(true)) if running == "0" => format!("{name} paused"),
            Some(Value::Bool(true)) => format!("{name} paused ({running})"),
            _ => format!("{name} {running}/{desired}"),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_a_process() {
        let look = Look::fixed();
        let ago = |seconds| look.now - chrono::TimeDelta::seconds(seconds);
        let worker = |host: &str, seen, health| WorkerView {
            id: uuid::Uuid::nil(),
            host: host.into(),
            pid: 4711,
            queues: json!({"datasets": 2, "default": 64, "noop": 1000}),
            started_at: ago(7200),
            seen_at: ago(seen),
            health,
        };
        let workers = [
            worker("worker-1", 2, json!({"held": 3, "draining": false})),
            worker(
                "worker-2.internal.example",
                4,
                json!({"held": 1, "draining": true}),
            ),
            worker("worker-3", 90, json!({"held": 2})),
        ];
        let text = render(&workers, Duration::from_secs(30), &look);
        insta::assert_snapshot!(text, @r"
        HOST                    PID  STATE     RUNNING  SEEN       QUEUES
        worker-1               4711  running         3  2 s ago    datasets 2, default …
        worker-2.internal.ex…  4711  draining        1  4 s ago    datasets 2, default …
        worker-3               4711  silent          2  1 min ago  datasets 2, default …
        ");
    }
}

//! Supervisors, a line each, and what asks for a look.

use nexus_schema::supervisors::SupervisorView;

use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::supervisor::health::Health;

pub(super) fn render(supervisors: &[SupervisorView], look: &Look) -> String {
    let mut table = Table::new([
        Column::cut("SUPERVISOR"),
        Column::cut("HOST"),
        Column::number("PID"),
        Column::new("STATE"),
        Column::number("DESIRED"),
        Column::number("ACTUAL"),
        Column::number("RESTARTS"),
        Column::new("SEEN"),
    ]);
    let mut loops = String::new();
    for one in supervisors {
        let health = health(one);
        let state = state(one, &health);
        let restarts: u64 = restarts(&health);
        table.styled(
            3,
            style(state),
            [
                one.name.clone(),
                one.host.clone(),
                one.pid.to_string(),
                state.to_owned(),
                one.processes_desired.to_string(),
                one.processes.to_string(),
                restarts.to_string(),
                relative(one.seen_at, look.now),
            ],
        );
        if one.alive {
            loops.push_str(&crash_loops(&one.name, &health, look));
        }
    }
    table.render(look) + &loops
}

/// What it says of itself; of another version's words, those that are known.
fn health(one: &SupervisorView) -> Health {
    serde_json::from_value(one.health.clone()).unwrap_or_default()
}

fn state(one: &SupervisorView, health: &Health) -> &'static str {
    let actual = usize::try_from(one.processes).unwrap_or_default();
    let desired = usize::try_from(one.processes_desired).unwrap_or_default();
    if health.stopped {
        "stopped"
    } else if !one.alive {
        "silent"
    } else if health.stopping {
        "draining"
    } else if health.processes.iter().any(|process| process.crash_loop) {
        "crash loop"
    } else if health.restarting {
        "restarting"
    } else if actual == desired {
        "running"
    } else {
        "scaling"
    }
}

fn style(state: &str) -> Style {
    match state {
        "crash loop" => Style::Bad,
        "restarting" | "scaling" => Style::Warn,
        "stopped" => Style::Dim,
        state => Style::of_state(state),
    }
}

/// A process that is being replaced stands beside its successor: each place counts once.
fn restarts(health: &Health) -> u64 {
    let mut places: Vec<(usize, u64)> = health
        .processes
        .iter()
        .map(|process| (process.process, process.restarts))
        .collect();
    places.sort_unstable();
    places.dedup_by_key(|(place, _)| *place);
    places.iter().map(|(_, restarts)| restarts).sum()
}

/// A crash loop is told in so many words.
fn crash_loops(name: &str, health: &Health, look: &Look) -> String {
    let mut places: Vec<_> = health.processes.iter().filter(|it| it.crash_loop).collect();
    places.dedup_by_key(|process| process.process);
    places
        .iter()
        .map(|process| {
            let last = process.last_death.as_deref().unwrap_or("unknown");
            let text = format!(
                "crash loop: process {} of {name} died {} times in a row\n  last: {last}; see its log",
                process.process, process.deaths
            );
            look.paint(Style::Bad, &text) + "\n"
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// One that runs two processes.
    pub(in super::super) fn view(name: &str) -> SupervisorView {
        let now = Look::fixed().now;
        SupervisorView {
            name: name.to_owned(),
            host: "worker-1".to_owned(),
            pid: 4711,
            processes_desired: 2,
            processes: 2,
            scaled_at: None,
            scaled_by: None,
            restart_asked_at: None,
            started_at: now,
            seen_at: now,
            health: json!({"processes": [
                {"process": 1, "state": "working", "restarts": 0},
                {"process": 2, "state": "working", "restarts": 1},
            ]}),
            alive: true,
        }
    }

    #[test]
    fn a_line_a_supervisor_and_one_a_crash_loop() {
        let crashing = SupervisorView {
            processes: 1,
            health: json!({"processes": [
                {"process": 1, "state": "working"},
                {"process": 2, "state": "waiting", "restarts": 7, "deaths": 7,
                 "crash_loop": true, "last_death": "exit code 2"},
            ]}),
            ..view("worker-2.internal.example")
        };
        let restarting = SupervisorView {
            health: json!({"restarting": true, "processes": [
                {"process": 1, "state": "working", "restarts": 3},
                {"process": 1, "state": "starting", "restarts": 3},
                {"process": 2, "state": "working"},
            ]}),
            ..view("worker-3")
        };
        let scaling = SupervisorView {
            processes_desired: 12,
            ..view("worker-4")
        };
        let stopped = SupervisorView {
            alive: false,
            processes: 0,
            health: json!({"stopped": true}),
            ..view("worker-5")
        };
        let silent = SupervisorView {
            alive: false,
            ..view("worker-6")
        };
        let all = [
            view("worker-1"),
            crashing,
            restarting,
            scaling,
            stopped,
            silent,
        ];
        insta::assert_snapshot!(render(&all, &Look::fixed()), @r"
        SUPERVISOR        HOST       PID  STATE       DESIRED  ACTUAL  RESTARTS  SEEN
        worker-1          worker-1  4711  running           2       2         1  0 s ago
        worker-2.intern…  worker-1  4711  crash loop        2       1         7  0 s ago
        worker-3          worker-1  4711  restarting        2       2         3  0 s ago
        worker-4          worker-1  4711  scaling          12       2         1  0 s ago
        worker-5          worker-1  4711  stopped           2       0         0  0 s ago
        worker-6          worker-1  4711  silent            2       2         1  0 s ago
        crash loop: process 2 of worker-2.internal.example died 7 times in a row
          last: exit code 2; see its log
        ");
    }
}

//! Workflows for tests.

use chrono::{DateTime, TimeDelta, Utc};
use nexus_schema::workflows::{NodeView, WorkflowGraph, WorkflowView};

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_799_999_900 + secs, 0).unwrap_or_default()
}

/// A node that completed after 2 s, and needs those before it completed.
pub(super) fn node(place: i32, name: &str, before: &[i32]) -> NodeView {
    NodeView {
        node: place,
        name: name.to_owned(),
        kind: "noop".to_owned(),
        job_id: 100 + i64::from(place),
        state: "completed".to_owned(),
        needs: "completed".to_owned(),
        before: before.to_vec(),
        started_at: Some(at(0)),
        finished_at: Some(at(2)),
    }
}

/// Nodes by their names and the places of those before them.
pub(super) fn graph(nodes: &[(&str, &[i32])]) -> Vec<NodeView> {
    let places = (0..).zip(nodes);
    places
        .map(|(place, (name, before))| node(place, name, before))
        .collect()
}

/// Three files and what compares them; the last file is being loaded.
pub(super) fn month_end() -> WorkflowGraph {
    let mut nodes = graph(&[
        ("load january", &[]),
        ("load february", &[]),
        ("load march", &[]),
        ("compare", &[0, 1, 2]),
    ]);
    for node in &mut nodes[..3] {
        node.kind = "process_dataset".to_owned();
    }
    for (node, state) in nodes[2..].iter_mut().zip(["running", "waiting"]) {
        node.state = state.to_owned();
        node.finished_at = None;
    }
    nodes[3].started_at = None;
    WorkflowGraph {
        workflow: WorkflowView {
            id: 17,
            tenant_id: 1,
            name: "month end".to_owned(),
            key: Some("2026-11".to_owned()),
            state: "running".to_owned(),
            round: 1,
            jobs: 4,
            unfinished: 2,
            completed: 2,
            discarded: 0,
            cancelled: 0,
            called: Vec::new(),
            created_at: at(0) - TimeDelta::minutes(1),
            created_by: "os:anna".to_owned(),
            called_off_at: None,
            called_off_by: None,
            reason: None,
            finished_at: None,
        },
        nodes,
    }
}

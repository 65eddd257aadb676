//! Whether a workflow is fit to be submitted. Pure, and linear in its nodes and edges.

use std::collections::HashSet;

use super::{NAME_BYTES_MAX, Node, Workflow};
use crate::new_job::{Due, NewJob};

/// Why a workflow is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    /// A name or the key is too long, empty, or holds control characters.
    #[error(
        "{what} {name:?} is not allowed: use 1 to {NAME_BYTES_MAX} bytes without control characters"
    )]
    Name {
        /// Whose name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// There is nothing to do.
    #[error("a workflow has at least one job")]
    Empty,
    /// It has too many jobs.
    #[error("{jobs} jobs in one workflow; at most {max} are allowed (workflows.jobs_max)")]
    Jobs {
        /// So many.
        jobs: usize,
        /// The most.
        max: usize,
    },
    /// It has too many edges.
    #[error(
        "{edges} times one job waits for another; at most {max} are allowed (workflows.edges_max): \
         let one job wait for many, and the many behind it for that one"
    )]
    Edges {
        /// So many.
        edges: usize,
        /// The most.
        max: usize,
    },
    /// Two nodes have one name.
    #[error("two jobs are called {0:?}")]
    Twice(String),
    /// A node waits for one that is not there.
    #[error("job {node:?} waits for one that is not there: {missing}")]
    Missing {
        /// The node.
        node: String,
        /// What it names.
        missing: String,
    },
    /// A job has what no part of a workflow may have.
    #[error("{job} has {has}, which it may not have: {why}")]
    Has {
        /// Which job.
        job: String,
        /// What it has.
        has: &'static str,
        /// Why it may not.
        why: &'static str,
    },
    /// Nodes wait for one another in a circle.
    #[error("jobs wait for one another in a circle: {}", shown(.0))]
    Cycle(Vec<String>),
}

/// Names shown of a cycle.
const CYCLE_SHOWN: usize = 8;

fn shown(cycle: &[String]) -> String {
    let quoted: Vec<String> = cycle.iter().map(|name| format!("{name:?}")).collect();
    if quoted.len() <= CYCLE_SHOWN {
        return quoted.join(" after ");
    }
    let more = quoted.len() - CYCLE_SHOWN;
    format!(
        "{} after {more} others after {}",
        quoted[..CYCLE_SHOWN - 1].join(" after "),
        quoted[quoted.len() - 1]
    )
}

/// Who waits for whom, each pair once, by the places of the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edges {
    /// Those that a node waits for.
    pub before: Vec<Vec<u32>>,
    /// Those that wait for it.
    pub next: Vec<Vec<u32>>,
}

pub(super) fn check(
    workflow: &Workflow,
    jobs_max: usize,
    edges_max: usize,
) -> Result<Edges, WorkflowError> {
    let nodes = &workflow.nodes;
    check_name("workflow name", &workflow.name)?;
    if let Some(key) = &workflow.key {
        check_name("key", key)?;
    }
    if nodes.is_empty() {
        return Err(WorkflowError::Empty);
    }
    if nodes.len() > jobs_max {
        return Err(WorkflowError::Jobs {
            jobs: nodes.len(),
            max: jobs_max,
        });
    }
    let mut names = HashSet::with_capacity(nodes.len());
    for node in nodes {
        check_name("job name", &node.name)?;
        if !names.insert(&*node.name) {
            return Err(WorkflowError::Twice(node.name.clone()));
        }
        check_job(&format!("job {:?}", node.name), &node.job)?;
    }
    for (callback, name) in [
        (&workflow.on_success, "on_success"),
        (&workflow.on_failure, "on_failure"),
    ] {
        if let Some(job) = callback {
            check_job(name, job)?;
            check_callback(name, job)?;
        }
    }
    let edges = edges(nodes, edges_max)?;
    match circle(nodes, &edges) {
        Some(cycle) => Err(WorkflowError::Cycle(cycle)),
        None => Ok(edges),
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), WorkflowError> {
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control) {
        return Ok(());
    }
    let name = name.to_owned();
    Err(WorkflowError::Name { what, name })
}

fn check_job(named: &str, job: &NewJob) -> Result<(), WorkflowError> {
    let has = |has, why| {
        let job = named.to_owned();
        Err(WorkflowError::Has { job, has, why })
    };
    if job.order_key.is_some() {
        return has("an ordering key", "its turn is the graph's to say");
    }
    if job.unique.is_some() {
        return has("a unique key", "give the workflow a key");
    }
    if job.replay_of.is_some() {
        return has("a dead letter that it runs again", "retry the workflow");
    }
    Ok(())
}

/// When a callback is enqueued, nobody knows at its submission.
fn check_callback(named: &str, job: &NewJob) -> Result<(), WorkflowError> {
    let has = match (job.due, job.deadline) {
        (Due::At(_), _) => "a time of its own",
        (_, Some(_)) => "a deadline",
        (Due::Now | Due::In(_), None) => return Ok(()),
    };
    Err(WorkflowError::Has {
        job: named.to_owned(),
        has,
        why: "it is enqueued when the workflow ends; a delay counts from there",
    })
}

fn edges(nodes: &[Node], edges_max: usize) -> Result<Edges, WorkflowError> {
    let mut edges = Edges {
        before: Vec::with_capacity(nodes.len()),
        next: vec![Vec::new(); nodes.len()],
    };
    let mut count = 0;
    for (place, node) in (0..).zip(nodes) {
        let mut before: Vec<u32> = node.before.iter().map(|id| id.0).collect();
        before.sort_unstable();
        before.dedup();
        count += before.len();
        for &earlier in &before {
            match edges.next.get_mut(earlier as usize) {
                Some(next) => next.push(place),
                None => {
                    return Err(WorkflowError::Missing {
                        node: node.name.clone(),
                        missing: format!("node {earlier}"),
                    });
                }
            }
        }
        edges.before.push(before);
    }
    if count > edges_max {
        return Err(WorkflowError::Edges {
            edges: count,
            max: edges_max,
        });
    }
    Ok(edges)
}

/// Names along a circle, the first one also at its end; `None` where there is none.
///
/// Kahn (1962): nodes that wait for none are taken away until none is left, or only such as lie on
/// circles or behind them.
fn circle(nodes: &[Node], edges: &Edges) -> Option<Vec<String>> {
    let mut waits: Vec<usize> = edges.before.iter().map(Vec::len).collect();
    let mut free: Vec<usize> = (0..nodes.len()).filter(|&n| waits[n] == 0).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for &next in &edges.next[node] {
            let next = next as usize;
            waits[next] -= 1;
            if waits[next] == 0 {
                free.push(next);
            }
        }
    }
    if taken == nodes.len() {
        return None;
    }
    // Each that is left waits for another that is left: going back must come round.
    let mut met = vec![None; nodes.len()];
    let mut path = Vec::new();
    let mut node = (0..nodes.len()).find(|&n| waits[n] > 0)?;
    loop {
        if let Some(start) = met[node] {
            path.push(node);
            let circle = path[start..].iter().map(|&n| nodes[n].name.clone());
            return Some(circle.collect());
        }
        met[node] = Some(path.len());
        path.push(node);
        let before = edges.before[node].iter().map(|&n| n as usize);
        node = before.into_iter().find(|&n| waits[n] > 0)?;
    }
}

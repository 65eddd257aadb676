//! What a caller says of a workflow, in JSON, and the workflow that it makes: the same over HTTP and from
//! a file. Pure.

use std::collections::HashMap;

use nexus_jobs::kinds::Noop;
use nexus_jobs::workflow::{Needs, NodeId};
use nexus_jobs::{NewJob, TenantId, Workflow};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::request::{JobRequest, Unreadable, decode};

/// A workflow to be submitted: jobs of which some wait for others.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkflowRequest {
    /// Its name, which need not be unique.
    #[cfg_attr(feature = "openapi", schema(example = "month end"))]
    name: String,
    /// Submitted again with the same key, it is the same workflow.
    #[cfg_attr(feature = "openapi", schema(example = "month end 2026-11"))]
    key: Option<String>,
    /// Whose it is, and whose jobs they are; tenant 1 if left out.
    tenant_id: Option<i64>,
    /// Its jobs, at most `workflows.jobs_max`.
    jobs: Vec<NodeRequest>,
    /// Enqueued once all of its jobs have completed.
    on_success: Option<JobRequest>,
    /// Enqueued once all of its jobs have ended and some did not complete, unless it was called off.
    on_failure: Option<JobRequest>,
}

/// A job of a workflow.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeRequest {
    /// Its name, unique within the workflow.
    #[cfg_attr(feature = "openapi", schema(example = "compare"))]
    name: String,
    /// The names of those that it waits for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = json!(["load january", "load february"])))]
    after: Vec<String>,
    /// What it needs of them: that all have `completed` (it is cancelled once one of them ends otherwise),
    /// or that all have `settled`, however they ended.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "completed"))]
    needs: Needs,
    /// The job. It has neither a unique nor an ordering key, and the workflow's tenant; a delay counts from
    /// the end of those before it.
    enqueue: Option<JobRequest>,
    /// Instead of a job: the file that it loads, as `POST /v1/datasets` takes it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    load: Option<Box<RawValue>>,
}

/// What a caller asked for.
#[derive(Clone, Debug)]
pub struct AskedWorkflow {
    /// The workflow. Nodes that load files have a placeholder for a job, which does nothing.
    pub workflow: Workflow,
    /// The files that nodes load, as the caller said them.
    pub loads: Vec<AskedLoad>,
}

/// A file that a node loads.
#[derive(Clone, Debug)]
pub struct AskedLoad {
    /// The node.
    pub node: NodeId,
    /// Where in the request it stands.
    pub at: String,
    /// What is to be loaded, and how.
    pub load: Box<RawValue>,
}

/// The workflow that a JSON object asks for. Whether it has a circle, and whether it is too large, its
/// submission says.
pub fn read_workflow(json: &[u8]) -> Result<AskedWorkflow, Unreadable> {
    let request: WorkflowRequest = decode(json)?;
    request
        .into_workflow()
        .map_err(|(field, text)| Unreadable::Wrong(format!("field {field:?}: {text}")))
}

impl WorkflowRequest {
    /// The workflow, or the field at fault and what is wrong with it.
    pub fn into_workflow(self) -> Result<AskedWorkflow, (String, String)> {
        let tenant = self.tenant_id.map_or(TenantId::DEFAULT, TenantId);
        if tenant < TenantId::DEFAULT {
            let wrong = format!("there is no tenant {tenant}");
            return Err(("tenant_id".to_owned(), wrong));
        }
        let mut asked = AskedWorkflow {
            workflow: Workflow::new(self.name).tenant(tenant),
            loads: Vec::new(),
        };
        asked.workflow.key = self.key;
        let mut places: HashMap<String, NodeId> = HashMap::with_capacity(self.jobs.len());
        let mut waits = Vec::with_capacity(self.jobs.len());
        for (place, node) in self.jobs.into_iter().enumerate() {
            let name = node.name.clone();
            let (id, after, needs) = asked.add(place, node)?;
            if places.contains_key(&name) {
                let wrong = format!("two jobs are called {name:?}");
                return Err((format!("jobs[{place}].name"), wrong));
            }
            places.insert(name, id);
            waits.push((id, after, needs));
        }
        let workflow = &mut asked.workflow;
        for (place, (id, after, needs)) in waits.into_iter().enumerate() {
            let before = named(&after, &places)
                .map_err(|(at, wrong)| (format!("jobs[{place}].after[{at}]"), wrong))?;
            match needs {
                Needs::Completed => workflow.after(id, before),
                Needs::Settled => workflow.after_settled(id, before),
            };
        }
        let callback = |request: Option<JobRequest>, field: &str| {
            let read = request.map(|request| job(request, tenant, || field.to_owned()));
            read.transpose()
        };
        workflow.on_success = callback(self.on_success, "on_success")?;
        workflow.on_failure = callback(self.on_failure, "on_failure")?;
        Ok(asked)
    }
}

impl AskedWorkflow {
    /// Adds a node, and tells what it waits for.
    fn add(
        &mut self,
        place: usize,
        node: NodeRequest,
    ) -> Result<(NodeId, Vec<String>, Needs), (String, String)> {
        let at = || format!("jobs[{place}]");
        let job = match (node.enqueue, &node.load) {
            (Some(request), None) => job(request, self.workflow.tenant, || {
                format!("{}.enqueue", at())
            })?,
            (None, Some(_)) => placeholder().map_err(|wrong| (at(), wrong))?,
            _ => return Err((at(), "give it either enqueue or load".to_owned())),
        };
        let id = self.workflow.add(node.name, job);
        if let Some(load) = node.load {
            let at = format!("{}.load", at());
            self.loads.push(AskedLoad { node: id, at, load });
        }
        Ok((id, node.after, node.needs))
    }
}

fn placeholder() -> Result<NewJob, String> {
    NewJob::of(&Noop::default()).map_err(|error| error.to_string())
}

/// A job of the workflow's tenant; `at` says where it stands.
fn job(
    request: JobRequest,
    tenant: TenantId,
    at: impl Fn() -> String,
) -> Result<NewJob, (String, String)> {
    if let Some(other) = request.tenant().filter(|own| TenantId(*own) != tenant) {
        let wrong = format!("the workflow is tenant {tenant}'s, this job tenant {other}'s");
        return Err((format!("{}.tenant_id", at()), wrong));
    }
    let read = request.into_job();
    let mut job = read.map_err(|(field, wrong)| (format!("{}.{field}", at()), wrong))?;
    job.tenant = tenant;
    Ok(job)
}

/// The nodes that have these names, or the place of a name that none has.
fn named(
    names: &[String],
    places: &HashMap<String, NodeId>,
) -> Result<Vec<NodeId>, (usize, String)> {
    let found = names.iter().enumerate().map(|(at, name)| {
        let place = places.get(name).copied();
        place.ok_or_else(|| (at, format!("no job is called {name:?}")))
    });
    found.collect()
}

#[cfg(test)]
mod tests;

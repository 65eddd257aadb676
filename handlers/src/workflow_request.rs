//! Asking for a workflow: the one way there, for the API and the command line alike.

use diesel_async::AsyncConnection;
use nexus_jobs::workflow::NodeId;
use nexus_jobs::{Actor, CaseId, DatasetId, JobId, LoadId, TenantId};
use nexus_producer::request::{Unreadable, decode};
use nexus_producer::workflows::{AskedLoad, AskedWorkflow, read_workflow};
use nexus_producer::{Producer, Submitted};
use nexus_schema::{AsyncPgConnection, Error as LedgerError, cases, datasets, workflows};
use serde::Deserialize;

use crate::load_request::{
    LoadInto, LoadRequest, LoadRequestError, LoadSource, Prepared, ProfileChoice, prepare,
};
use crate::source::Sources;

/// The file that a node loads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadFile {
    /// The case that a new dataset belongs to, by its id,
    case_id: Option<i64>,
    /// or by its name.
    case: Option<String>,
    /// The dataset to append to, instead of a new one.
    dataset_id: Option<i64>,
    path: String,
    profile: String,
    profile_name: Option<String>,
    name: Option<String>,
    #[serde(default)]
    force: bool,
}

/// Why a workflow cannot be submitted.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowRequestError {
    /// What was sent is no JSON.
    #[error("{0}")]
    NotJson(String),
    /// Something of it is wrong; says where.
    #[error("{0}")]
    Wrong(String),
    /// A file cannot be loaded as asked.
    #[error("field {at:?}: {wrong}")]
    Load {
        /// Where in the request it stands.
        at: String,
        /// What is wrong.
        #[source]
        wrong: LoadRequestError,
    },
    /// The ledger: it has a circle, is too large, or Postgres is away.
    #[error("{0}")]
    Ledger(#[from] LedgerError),
}

impl From<Unreadable> for WorkflowRequestError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::NotJson(text) => Self::NotJson(text),
            Unreadable::Wrong(text) => Self::Wrong(text),
        }
    }
}

/// Submits the workflow that a JSON object asks for, with the rows of the loads that are part of it, all in
/// one transaction; returns how many jobs it has.
///
/// After [`LedgerError::Unavailable`] it is open whether the transaction was committed; one with a key may
/// be sent again.
pub async fn submit_workflow(
    conn: &mut AsyncPgConnection,
    producer: &Producer,
    sources: &Sources,
    json: &[u8],
    actor: &Actor,
) -> Result<(Submitted, usize), WorkflowRequestError> {
    let AskedWorkflow {
        mut workflow,
        loads: asked,
    } = read_workflow(json)?;
    let jobs = workflow.nodes.len();
    producer.check_workflow(&workflow)?;
    if let Some(existing) = workflows::keyed(conn, &workflow).await? {
        return Ok((existing, jobs));
    }
    let mut loads = Vec::with_capacity(asked.len());
    for load in asked {
        let prepared = file(conn, sources, workflow.tenant, &load).await;
        let prepared = prepared.map_err(|wrong| WorkflowRequestError::Load {
            at: load.at.clone(),
            wrong,
        })?;
        loads.push((load, prepared));
    }
    let (mut existing, mut at) = (None, None);
    let submitted = conn.transaction::<_, LedgerError, _>(async |conn| {
        let mut written = Vec::with_capacity(loads.len());
        for (load, prepared) in &loads {
            at = Some(load.at.clone());
            let (created, job) = prepared.write(conn, actor).await?;
            if created.tenant != workflow.tenant {
                let (own, other) = (workflow.tenant, created.tenant);
                return Err(LedgerError::Invalid(format!(
                    "the workflow is tenant {own}'s, the dataset tenant {other}'s"
                )));
            }
            if let Some(node) = workflow.nodes.get_mut(load.node.0 as usize) {
                node.job = job;
            }
            written.push((load.node, created.load));
        }
        at = None;
        let submitted = producer.submit_in(conn, &workflow, actor).await?;
        if let Submitted::Existing(_) = submitted {
            existing = Some(submitted);
            // Whatever is said here is not told: the rows of the loads are to go.
            return Err(LedgerError::Conflict("its key is taken".to_owned()));
        }
        attach(conn, submitted, &written).await?;
        Ok(submitted)
    });
    match (submitted.await, existing, at) {
        (_, Some(existing), _) => Ok((existing, jobs)),
        (Ok(submitted), None, _) => Ok((submitted, jobs)),
        (Err(error), None, Some(at)) => Err(WorkflowRequestError::Load {
            at,
            wrong: error.into(),
        }),
        (Err(error), None, None) => Err(error.into()),
    }
}

/// What a node loads, found in order.
async fn file(
    conn: &mut AsyncPgConnection,
    sources: &Sources,
    tenant: TenantId,
    load: &AskedLoad,
) -> Result<Prepared, LoadRequestError> {
    let file: LoadFile = decode(load.load.get().as_bytes()).map_err(|error| {
        let (Unreadable::NotJson(wrong) | Unreadable::Wrong(wrong)) = error;
        LoadRequestError::Invalid(wrong)
    })?;
    let into = match (file.case_id, &file.case, file.dataset_id) {
        (Some(case), None, None) => new(CaseId(case), file.name),
        (None, Some(name), None) => {
            let case = cases::find_named(conn, tenant, name).await?;
            let case = case.ok_or_else(|| LedgerError::NotFound {
                what: "case",
                id: format!("{name:?}"),
            })?;
            new(CaseId(case.id), file.name)
        }
        (None, None, Some(dataset)) if file.name.is_none() => LoadInto::Append(DatasetId(dataset)),
        _ => {
            let wrong = "give one of case, case_id and dataset_id; name is for a new dataset";
            return Err(LoadRequestError::Invalid(wrong.to_owned()));
        }
    };
    let request = LoadRequest {
        into,
        source: LoadSource::Named(file.path),
        profile: ProfileChoice::read(&file.profile, file.profile_name.as_deref()),
        force: file.force,
    };
    prepare(sources, &request).await
}

const fn new(case: CaseId, name: Option<String>) -> LoadInto {
    LoadInto::New { case, name }
}

/// Notes which job runs each load.
async fn attach(
    conn: &mut AsyncPgConnection,
    submitted: Submitted,
    written: &[(NodeId, LoadId)],
) -> Result<(), LedgerError> {
    if written.is_empty() {
        return Ok(());
    }
    let graph = workflows::graph(conn, submitted.id()).await?;
    for &(node, load) in written {
        let job = graph.nodes.get(node.0 as usize).map(|node| node.job_id);
        let job = job.ok_or_else(|| LedgerError::Database("a node is missing".to_owned()))?;
        datasets::attach_job(conn, load, JobId(job)).await?;
    }
    Ok(())
}

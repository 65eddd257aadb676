//! `nexus workflows submit`

use clap::Args;
use nexus_handlers::source::Sources;
use nexus_handlers::workflow_request::{WorkflowRequestError, submit_workflow};
use nexus_producer::Submitted;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::arguments::job_args::{Bound, JobArgs};
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::user;

/// What to submit.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// The workflow: JSON, @FILE, or - for standard input
    #[arg(value_name = "JSON")]
    workflow: JobArgs,
}

/// What became of it.
#[derive(Debug, Serialize)]
struct Done {
    id: i64,
    outcome: &'static str,
}

pub(super) async fn run(args: &SubmitArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let json = read(&args.workflow, invocation)?;
    let mut conn = invocation.connect().await?;
    let (producer, actor) = (invocation.producer(), user::actor());
    let sources = Sources::new(&invocation.settings.datasets);
    let json = json.get().as_bytes();
    let submitted = submit_workflow(&mut conn, &producer, &sources, json, &actor).await;
    let (submitted, jobs) = submitted.map_err(|error| match error {
        WorkflowRequestError::NotJson(wrong) | WorkflowRequestError::Wrong(wrong) => {
            anyhow::Error::new(Failure::new(Exit::Usage, wrong))
        }
        other => other.into(),
    })?;
    let id = submitted.id();
    let (outcome, told) = match submitted {
        Submitted::New(_) => {
            let jobs = grouped(jobs);
            ("new", format!("workflow {id} submitted: {jobs} jobs"))
        }
        Submitted::Existing(_) => ("existing", format!("workflow {id} has this key")),
    };
    let done = Done { id: id.0, outcome };
    invocation.output.show(&done, |_, _| told)?;
    Ok(Exit::Ok)
}

/// A workflow may be as large as one that is submitted over HTTP.
fn read(given: &JobArgs, invocation: &Invocation) -> anyhow::Result<Box<RawValue>> {
    given.read_within(&Bound {
        bytes_max: invocation.settings.api.body_bytes_max.get(),
        setting: "api.body_bytes_max",
        inline: "the workflow",
        hint: "such as '{\"name\": \"w\", \"jobs\": [{\"name\": \"a\", \"enqueue\": {\"kind\": \"noop\"}}]}'; \
               @FILE reads a file",
    })
}

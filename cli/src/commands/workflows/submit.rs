//! `nexus workflows submit`

use clap::Args;
use nexus_jobs::Workflow;
use nexus_producer::Submitted;
use nexus_producer::request::Unreadable;
use nexus_producer::workflows::read_workflow;
use serde::Serialize;

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
    let workflow = read(&args.workflow, invocation)?;
    let mut conn = invocation.connect().await?;
    let submitted = invocation
        .producer()
        .submit_in(&mut conn, &workflow, &user::actor())
        .await?;
    let id = submitted.id();
    let (outcome, told) = match submitted {
        Submitted::New(_) => {
            let jobs = grouped(workflow.nodes.len());
            ("new", format!("workflow {id} submitted: {jobs} jobs"))
        }
        Submitted::Existing(_) => ("existing", format!("workflow {id} has this key")),
    };
    let done = Done { id: id.0, outcome };
    invocation.output.show(&done, |_, _| told)?;
    Ok(Exit::Ok)
}

/// A workflow may be as large as one that is submitted over HTTP.
fn read(given: &JobArgs, invocation: &Invocation) -> anyhow::Result<Workflow> {
    let json = given.read_within(&Bound {
        bytes_max: invocation.settings.api.body_bytes_max.get(),
        setting: "api.body_bytes_max",
        inline: "the workflow",
        hint: "such as '{\"name\": \"w\", \"jobs\": [{\"name\": \"a\", \"enqueue\": {\"kind\": \"noop\"}}]}'; \
               @FILE reads a file",
    })?;
    read_workflow(json.get().as_bytes()).map_err(|error| {
        let (Unreadable::NotJson(wrong) | Unreadable::Wrong(wrong)) = error;
        Failure::new(Exit::Usage, wrong).into()
    })
}

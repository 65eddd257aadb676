use clap::Args;
use nexus_producer::triggers::{Judgement, dry_run, given, recorded};
use nexus_schema::AsyncPgConnection;

use super::definition_of;
use crate::arguments::job_args::JobArgs;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::table::{Column, Table};

/// Which event, and which triggers.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct TestArgs {
    /// Only this trigger
    name: Option<String>,
    /// An event: JSON, @FILE, or - for standard input; a CloudEvent, of which all but the type may be left out
    #[arg(long, value_name = "JSON", group = "which")]
    event: Option<JobArgs>,
    /// An event that the ledger knows, such as 7.1.completed for the end of run 1 of job 7
    #[arg(long, value_name = "ID", group = "which")]
    recorded: Option<String>,
    /// As if it had come from this Kafka topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Judge this definition, stored or not, instead of those that are stored
    #[arg(long, value_name = "JSON")]
    definition: Option<JobArgs>,
}

pub(super) async fn run(
    args: &TestArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let settings = &invocation.settings;
    let source = &settings.events.source;
    let event = match (&args.event, &args.recorded) {
        (Some(event), _) => {
            let json = event.read(settings.enqueue.args_bytes_max.get())?;
            let json = serde_json::from_str(json.get())
                .map_err(|error| Failure::new(Exit::Usage, format!("--event: {error}")))?;
            given(json, source)?
        }
        (None, Some(id)) => recorded(conn, id, source).await?,
        (None, None) => {
            return Err(Failure::new(Exit::Usage, "give --event or --recorded").into());
        }
    };
    let draft = args.definition.as_ref();
    let draft = draft
        .map(|given| definition_of(given, invocation))
        .transpose()?;
    let judged = dry_run(
        conn,
        &event,
        args.topic.as_deref(),
        args.name.as_deref(),
        draft,
        settings.triggers.depth_max,
    )
    .await?;
    invocation
        .output
        .show(&judged, |judged, look| render(judged, look))?;
    Ok(Exit::Ok)
}

fn render(judged: &[Judgement], look: &Look) -> String {
    if judged.is_empty() {
        return "no trigger looks at such events".to_owned();
    }
    let mut table = Table::new([
        Column::cut("TRIGGER"),
        Column::number("VERSION"),
        Column::new("VERDICT"),
        Column::cut("KIND"),
        Column::cut("ARGS"),
        Column::cut("WHY NOT"),
    ]);
    for one in judged {
        let verdict = if one.enabled {
            one.verdict.to_owned()
        } else {
            format!("{} (disabled)", one.verdict)
        };
        let job = one.job.as_ref();
        table.row([
            one.trigger.clone(),
            one.version.to_string(),
            verdict,
            job.map(|job| job.kind.clone()).unwrap_or_default(),
            job.map(|job| job.args.to_string()).unwrap_or_default(),
            one.why.clone().unwrap_or_default(),
        ]);
    }
    table.render(look)
}

use clap::Args;
use nexus_jobs::schedule::Definition;
use serde_json::{Map, Value};

use crate::arguments::job_args::JobArgs;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;

/// What a schedule is to be: all of it as JSON, or the usual parts each by itself.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Its name
    pub(super) name: String,
    /// Its definition: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON", required_unless_present = "cron",
          conflicts_with_all = ["cron", "zone", "kind", "args", "queue", "overlap", "missed"])]
    definition: Option<JobArgs>,
    /// When: a cron expression of 5 to 7 fields, or @daily and the like
    #[arg(long, value_name = "EXPRESSION", requires = "kind")]
    cron: Option<String>,
    /// The IANA time zone whose clocks it goes by [default: UTC]
    #[arg(long)]
    zone: Option<String>,
    /// The kind of its jobs
    #[arg(long, requires = "cron")]
    kind: Option<String>,
    /// Their arguments: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    args: Option<JobArgs>,
    /// Their queue, if not their kind's
    #[arg(long)]
    queue: Option<String>,
    /// What becomes of a tick while a job of an earlier one is unfinished
    #[arg(long, value_name = "POLICY", value_parser = ["allow", "skip", "queue_one", "cancel_running"])]
    overlap: Option<String>,
    /// What becomes of ticks that no scheduler was there for
    #[arg(long, value_name = "POLICY", value_parser = ["skip", "run_once", "catch_up"])]
    missed: Option<String>,
}

pub(super) fn definition(given: &SetArgs, invocation: &Invocation) -> anyhow::Result<Definition> {
    let bytes_max = invocation.settings.enqueue.args_bytes_max.get();
    let read = |json: &JobArgs| json.read(bytes_max);
    let (json, place) = match &given.definition {
        Some(definition) => {
            let json = serde_json::from_str(read(definition)?.get())?;
            (json, "--definition: ")
        }
        None => {
            let args = given.args.as_ref().map(read).transpose()?;
            let args = args.map(|args| serde_json::from_str(args.get()));
            (of_parts(given, args.transpose()?), "")
        }
    };
    Ok(serde_json::from_value(json).map_err(|error| {
        Failure::new(Exit::Usage, format!("{place}{error}"))
            .hint("such as '{\"cron\": \"30 2 * * *\", \"enqueue\": {\"kind\": \"noop\"}}'")
    })?)
}

/// The definition that the parts make up.
fn of_parts(given: &SetArgs, args: Option<Value>) -> Value {
    let object = |fields: Vec<(&str, Option<Value>)>| {
        let there = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(there.collect::<Map<_, _>>())
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let enqueue = object(vec![
        ("kind", text(&given.kind)),
        ("args", args),
        ("queue", text(&given.queue)),
    ]);
    object(vec![
        ("cron", text(&given.cron)),
        ("zone", text(&given.zone)),
        ("enqueue", Some(enqueue)),
        ("overlap", text(&given.overlap)),
        ("missed", text(&given.missed)),
    ])
}

//! `nexus datasets load`

use std::path::Path;

use clap::Args;
use nexus_config::Span;
use nexus_handlers::load_request::{
    LoadInto, LoadRequest, LoadSource, ProfileChoice, Requested, request_load,
};
use nexus_handlers::source::Sources;
use nexus_jobs::{CaseId, DatasetId, JobId, LoadId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::datasets::DatasetDetail;
use nexus_schema::jobs::JobDetail;
use serde::Serialize;

use super::{follow, show};
use crate::arguments::tenant::TenantArg;
use crate::commands::cases;
use crate::commands::jobs::outcome;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::{Look, note};
use crate::user;
use crate::waiting::Watch;

/// What to load, and how.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Files under a directory of datasets.roots, or URLs of a store in datasets.stores: CSV, JSON
    /// Lines or Parquet, plain, gzip or zstd
    #[arg(required = true, value_name = "FILE|URL")]
    files: Vec<String>,
    /// The case that they belong to, by its id or name
    #[arg(long, value_name = "ID|NAME", required_unless_present = "append")]
    case: Option<String>,
    /// Append them to this dataset, in the order given, instead of making one of each
    #[arg(long, value_name = "DATASET", conflicts_with_all = ["case", "name"])]
    append: Option<DatasetId>,
    /// How the files say what they say: a shipped profile's name, or a file of one's own
    #[arg(long, value_name = "NAME|FILE.toml")]
    profile: String,
    /// The dataset's name, instead of the file's
    #[arg(long)]
    name: Option<String>,
    /// Load them even if the case has the same bytes already
    #[arg(long)]
    force: bool,
    /// Wait for the end of the load
    #[arg(long)]
    wait: bool,
    /// Longest time to wait
    #[arg(long, value_name = "DURATION", requires = "wait")]
    wait_timeout: Option<Span>,
    #[command(flatten)]
    tenant: TenantArg,
}

/// A load that was asked for, and what became of it if that was waited for.
#[derive(Debug, Serialize)]
struct Asked {
    dataset_id: DatasetId,
    load_id: LoadId,
    job_id: JobId,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset: Option<DatasetDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobDetail>,
}

pub(super) async fn run(args: &LoadArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    if args.name.is_some() && args.files.len() > 1 {
        let wrong = format!("--name is for one file, and there are {}", args.files.len());
        return Err(Failure::new(Exit::Usage, wrong).into());
    }
    let mut asked = ask(args, invocation).await?;
    let mut exit = Exit::Ok;
    if args.wait {
        let mut watch = Watch::new(invocation.pool(), args.wait_timeout.map(Span::get));
        for one in &mut asked {
            note(&told(one));
            let (dataset, job) = follow(&mut watch, one.dataset_id, one.job_id, None).await?;
            if !is_loaded(&dataset, one.load_id) {
                exit = Exit::Failed;
            }
            (one.dataset, one.job) = (Some(dataset), Some(job));
        }
    }
    invocation
        .output
        .show(&asked, |asked, look| render(asked, look))?;
    Ok(exit)
}

/// Asks for each file. The first that cannot be asked for ends it; what was asked for before stays.
async fn ask(args: &LoadArgs, invocation: &Invocation) -> anyhow::Result<Vec<Asked>> {
    let profile = profile(&args.profile)?;
    let mut conn = invocation.connect().await?;
    let into = into(args, &mut conn).await?;
    let producer = invocation.producer();
    let sources = Sources::new(&invocation.settings.datasets);
    let mut asked = Vec::new();
    for file in &args.files {
        let request = LoadRequest {
            into: into.clone(),
            source: LoadSource::Named(file.clone()),
            profile: profile.clone(),
            force: args.force,
        };
        let actor = user::actor();
        let requested = request_load(&mut conn, &producer, &sources, &request, &actor).await;
        let Requested {
            dataset_id,
            load_id,
            job_id,
        } = requested.inspect_err(|_| {
            for earlier in &asked {
                note(&told(earlier));
            }
        })?;
        asked.push(Asked {
            dataset_id,
            load_id,
            job_id,
            dataset: None,
            job: None,
        });
    }
    Ok(asked)
}

/// Where the files go.
async fn into(args: &LoadArgs, conn: &mut AsyncPgConnection) -> anyhow::Result<LoadInto> {
    if let Some(dataset) = args.append {
        return Ok(LoadInto::Append(dataset));
    }
    // Clap asks for a case where there is nothing to append to.
    let case = args.case.as_deref().unwrap_or_default();
    let case = cases::find(conn, args.tenant.tenant, case).await?;
    Ok(LoadInto::New {
        case: CaseId(case.id),
        name: args.name.clone(),
    })
}

/// An append that failed leaves its dataset loaded, so the load itself is asked.
fn is_loaded(dataset: &DatasetDetail, load: LoadId) -> bool {
    let mut loads = dataset.loads.iter();
    loads.any(|one| one.id == load.0 && one.state == "loaded")
}

/// A profile of one's own if the text names a file, a shipped one otherwise.
fn profile(text: &str) -> anyhow::Result<ProfileChoice> {
    let path = Path::new(text);
    let is_file = text.contains('/') || path.extension().is_some_and(|end| end == "toml");
    if !is_file {
        return Ok(ProfileChoice::Shipped(text.to_owned()));
    }
    let toml = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::Usage, format!("--profile {text}: {error}")))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(ProfileChoice::Own {
        name: name.into_owned(),
        toml,
    })
}

fn told(asked: &Asked) -> String {
    format!(
        "dataset {} is loaded by job {}",
        asked.dataset_id, asked.job_id
    )
}

fn render(asked: &[Asked], look: &Look) -> String {
    let pages = asked.iter().map(|one| match (&one.dataset, &one.job) {
        (Some(dataset), Some(job)) => {
            format!("{}\n{}", show::render(dataset, look), outcome(job, look))
        }
        _ => format!("{}\n", told(one)),
    });
    let waited = asked.iter().any(|one| one.dataset.is_some());
    pages
        .collect::<Vec<_>>()
        .join(if waited { "\n" } else { "" })
}

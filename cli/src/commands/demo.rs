//! `nexus demo`

mod check;
mod engine;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use nexus_config::{Settings, Span};
use nexus_handlers::generate::Generator;
use nexus_handlers::load_request::{
    LoadInto, LoadRequest, LoadSource, ProfileChoice, Requested, request_load,
};
use nexus_handlers::source::Sources;
use nexus_jobs::{CaseId, TenantId, WorkerId};
use nexus_schema::{Keep, cases, migrate};

use crate::commands::datasets::follow;
use crate::commands::generate::{Generated, Place, write};
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::roles::Roles;
use crate::user;
use crate::waiting::Watch;
use check::differences;
use report::{Load, Report};

/// The case of the demonstration.
const CASE: &str = "Demonstration";

/// The layout of generated files.
const PROFILE: &str = "canonical-transactions";

/// Time that workers get to stop: by then every job has ended.
const GRACE: Span = Span::new(Duration::from_secs(2));

/// The size of the demonstration.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Transactions to generate and load
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Directory of the generated file
    #[arg(long, value_name = "DIR", default_value = ".nexus/demo/data")]
    dir: PathBuf,
}

/// Runs the demonstration on the configured servers. Fails if a load finds anything else than what
/// was seeded.
pub(super) async fn run(args: &DemoArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let output = invocation.output;
    let settings = &suited(&invocation.settings, &args.dir)?;
    let migrated = migrate::run(&settings.postgres).await?;
    output.say(if migrated.is_empty() {
        "the database is up to date"
    } else {
        "migrated the database"
    })?;
    let seeded = generate(args).await?;
    output.say(&format!(
        "generated {} transactions, {} of them faulty",
        grouped(seeded.rows),
        grouped(seeded.rows - seeded.loaded)
    ))?;

    let mut roles = Roles::new(settings, Keep::None)?;
    roles.require_broker().await?;
    let _stats = roles.start_relay()?;
    roles.start_workers(WorkerId::random())?;
    output.say(
        "started a relay, a rescuer and workers; loading through Postgres, Redis and a worker",
    )?;
    let load = load(&seeded, settings, invocation).await?;
    output.say(&format!(
        "loaded; now {} jobs that do nothing",
        grouped(engine::JOBS)
    ))?;
    let engine = engine::run(settings, invocation).await?;
    output.say("\n")?;
    roles.stop().await?;

    let differences = differences(&seeded, &load.dataset);
    let exit = if differences.is_empty() {
        Exit::Ok
    } else {
        Exit::Failed
    };
    let report = Report {
        seeded,
        load,
        differences,
        engine,
    };
    output.show(&report, Report::render)?;
    Ok(exit)
}

/// The settings, with the file admitted and the queues worked that the demonstration needs.
fn suited(settings: &Settings, dir: &Path) -> anyhow::Result<Settings> {
    let mut settings = settings.clone();
    let place = || format!("--dir {}", dir.display());
    std::fs::create_dir_all(dir).with_context(place)?;
    settings
        .datasets
        .roots
        .push(dir.canonicalize().with_context(place)?);
    settings.workers.grace = GRACE;
    let defaults = Settings::defaults().workers.queues;
    for (queue, concurrency) in defaults {
        settings.workers.queues.entry(queue).or_insert(concurrency);
    }
    Ok(settings)
}

async fn generate(args: &DemoArgs) -> anyhow::Result<Generated> {
    let generator = Generator {
        rows: args.rows,
        ..Generator::default()
    };
    let file = args.dir.join(format!("transactions-{}.csv", args.rows));
    tokio::task::spawn_blocking(move || write(&generator, &Place::new(file))).await?
}

async fn load(
    seeded: &Generated,
    settings: &Settings,
    invocation: &Invocation,
) -> anyhow::Result<Load> {
    let mut conn = invocation.connect().await?;
    let actor = user::actor();
    let case = match cases::find_named(&mut conn, TenantId::DEFAULT, CASE).await? {
        Some(case) => case,
        None => cases::open(&mut conn, TenantId::DEFAULT, CASE, &user::name(), &actor).await?,
    };
    let file = seeded.file.clone().unwrap_or_default();
    let request = LoadRequest {
        into: LoadInto::New {
            case: CaseId(case.id),
            name: None,
        },
        source: LoadSource::Named(file.to_string_lossy().into_owned()),
        profile: ProfileChoice::Shipped(PROFILE.to_owned()),
        // It may have been shown before.
        force: true,
    };
    let sources = Sources::new(&settings.datasets);
    let producer = invocation.producer();
    let requested = request_load(&mut conn, &producer, &sources, &request, &actor).await?;
    let Requested {
        dataset_id, job_id, ..
    } = requested;
    let mut watch = Watch::new(invocation.pool(), None);
    let (dataset, job) = follow(&mut watch, dataset_id, job_id, Some(seeded.rows)).await?;
    Ok(Load { dataset, job })
}

//! `nexus dev`

mod services;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use nexus_config::Settings;
use nexus_jobs::WorkerId;
use nexus_schema::{Keep, migrate};

use crate::exit::Exit;
use crate::invocation::Start;
use crate::output::note;
use crate::roles::Roles;
use crate::signals::Signals;
use services::Services;

/// How to run everything.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Directory of the private servers and their data
    #[arg(long, value_name = "DIR", default_value = ".nexus/dev")]
    dir: PathBuf,
    /// Leave the servers running at the end
    #[arg(long)]
    keep_services: bool,
    /// Loopback address and port of the API, instead of api.listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

/// Starts private servers, runs everything beside them until a signal, and stops them.
pub(super) async fn run(args: &DevArgs, start: &Start) -> anyhow::Result<Exit> {
    // Mistakes in the settings are told before anything is started.
    start.load()?;
    let signals = Signals::take()?;
    let (services, urls) = Services::start(&args.dir).await?;
    let ended = beside(urls, args, start, signals).await;
    if args.keep_services {
        note(&format!(
            "the servers run on; their URLs: source {}/env",
            args.dir.display()
        ));
    } else {
        services.stop().await?;
        note("the servers are stopped; their data stay");
    }
    ended.map(|()| Exit::Ok)
}

async fn beside(
    urls: Vec<(String, String)>,
    args: &DevArgs,
    start: &Start,
    signals: Signals,
) -> anyhow::Result<()> {
    let mut settings = start.invocation_of(start.load_with(urls)?)?.settings;
    settings.api.listen = args.listen.unwrap_or(settings.api.listen);
    for name in migrate::run(&settings.postgres).await? {
        tracing::info!(name, "migrated");
    }
    let mut roles = Roles::new(&settings, Keep::Base)?;
    let stats = roles.start_relay()?;
    roles.start_ingest()?;
    let addr = roles.start_api(stats).await?;
    roles.start_workers(WorkerId::random())?;
    note(&welcome(addr, args, &settings));
    roles.run(signals).await
}

fn welcome(addr: SocketAddr, args: &DevArgs, settings: &Settings) -> String {
    let roots: Vec<String> = settings
        .datasets
        .roots
        .iter()
        .map(|root| root.display().to_string())
        .collect();
    format!(
        "\nNEXUS Jobs runs. Ctrl-C drains and stops it.\n\
         \x20 the API       http://{addr}/docs\n\
         \x20 files from    {}\n\
         \x20 in a shell    source {}/env\n\
         \x20               nexus enqueue noop --wait\n\
         \x20               nexus jobs list\n",
        roots.join(", "),
        args.dir.display()
    )
}

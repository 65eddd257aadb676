//! `nexus serve`

use std::net::SocketAddr;

use clap::Args;
use nexus_schema::Keep;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::note;
use crate::roles::Roles;
use crate::signals::Signals;

/// How to serve.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Loopback address and port of the API, instead of api.listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// Runs the API, the relay and the rescuer until a signal.
pub(super) async fn run(args: &ServeArgs, invocation: Invocation) -> anyhow::Result<Exit> {
    let signals = Signals::take()?;
    let mut settings = invocation.settings;
    settings.api.listen = args.listen.unwrap_or(settings.api.listen);
    let mut roles = Roles::new(&settings, Keep::Base)?;
    let stats = roles.start_relay()?;
    roles.start_ingest()?;
    let addr = roles.start_api(stats).await?;
    note(&format!("the API: http://{addr}/docs"));
    roles.say_what_is_away().await;
    roles.run(signals).await?;
    Ok(Exit::Ok)
}

//! `nexus work`

use nexus_schema::Keep;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::roles::Roles;
use crate::signals::Signals;

/// Runs workers until a signal, then drains them.
pub(super) async fn run(invocation: Invocation) -> anyhow::Result<Exit> {
    let signals = Signals::take()?;
    let mut roles = Roles::new(&invocation.settings, Keep::Base)?;
    roles.say_what_is_away().await;
    roles.start_workers()?;
    roles.run(signals).await?;
    Ok(Exit::Ok)
}

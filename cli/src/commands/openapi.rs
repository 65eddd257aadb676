//! `nexus openapi`

use anyhow::Context as _;

use crate::exit::Exit;
use crate::output::{Output, print};

/// Prints the description of the HTTP interface.
pub(super) fn run(_output: Output) -> anyhow::Result<Exit> {
    let text = serde_json::to_string_pretty(&nexus_api::openapi()).context("writing OpenAPI")?;
    print(&text)?;
    Ok(Exit::Ok)
}

//! What only shows over time or under a blow: the way back after a kill, leaks, and a
//! million jobs that are due at once.

mod due;
mod kills;
mod leak;
pub(super) mod linger;

use anyhow::Context as _;

use super::Scale;
use super::figure::Figure;
use super::rig::Rig;

/// Measures all of it, one after the other, but for what there is to be none of.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if scale.kills > 0 {
        figures.extend(kills::measure(rig, scale.kills).await.context("kills")?);
    }
    if scale.leak > 0 {
        figures.extend(leak::measure(rig, scale.leak).await.context("leaks")?);
    }
    if scale.due > 0 {
        figures.extend(due::measure(rig, scale.due).await.context("due at once")?);
    }
    Ok(figures)
}

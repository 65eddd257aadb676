//! The table of peers in `docs/benchmarks.md`, refreshed between its markers.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::results::{Peer, Results};
use super::table::milliseconds;

const BEGIN: &str = "<!-- peers figures: written by `make bench-peers` -->";
const END: &str = "<!-- end of figures -->";

/// Writes the medians, and the machine they are of.
pub fn refresh(path: &Path, machine: &str, results: &Results) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .context("no marker for the peers' begin")?;
    let (_, after) = rest
        .split_once(END)
        .context("no marker for the figures' end")?;
    let table = table(results);
    std::fs::write(
        path,
        format!("{before}{BEGIN}\n\n{machine}\n\n{table}\n{END}{after}"),
    )?;
    Ok(())
}

fn table(results: &Results) -> String {
    let mut text = String::from(
        "| peer | single enqueue/s | bulk enqueue/s | drain/s | jobs drained | \
         start p50 / p99, ms | bulk ratio | drain ratio |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    text += &row(&results.ours, "", "");
    for peer in &results.peers {
        let bulk = format!("{:.2}", results.bulk_ratio(peer));
        let drain = format!("{:.2}", results.drain_ratio(peer));
        text += &row(peer, &bulk, &drain);
    }
    for (peer, why) in &results.skipped {
        let _ = write!(text, "\n`{peer}` was skipped: {why}.\n");
    }
    text
}

fn row(peer: &Peer, bulk: &str, drain: &str) -> String {
    let latency = match (milliseconds(peer.p50), milliseconds(peer.p99)) {
        (p50, p99) if !p50.is_empty() => format!("{p50} / {p99}"),
        _ => String::new(),
    };
    format!(
        "| `{}` | {} | {} | {} | {} | {latency} | {bulk} | {drain} |\n",
        peer.name,
        grouped(peer.single),
        grouped(peer.bulk),
        grouped(peer.drain),
        grouped(peer.jobs),
    )
}

/// A number as people read it: `231,000`.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! compare DIRECTORY (table | json | docs FILE MACHINE): medians of the runs of
//! scripts/bench-peers, and how this engine stands beside each peer.
//!
//! A run is a file PEER.ROUND.json, a peer that was left out a file PEER.skipped.

mod docs;
mod results;
mod table;

use std::path::Path;

use serde::Serialize;

use results::{Peer, Results};

/// One figure, as `nexus bench --json` prints them.
#[derive(Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [directory, "table"] => print!("{}", table::render(&Results::read(directory)?)),
        [directory, "json"] => {
            let figures = figures(&Results::read(directory)?);
            println!("{}", serde_json::to_string_pretty(&figures)?);
        }
        [directory, "docs", file, machine] => {
            docs::refresh(Path::new(file), machine, &Results::read(directory)?)?;
        }
        _ => anyhow::bail!("usage: compare DIRECTORY (table | json | docs FILE MACHINE)"),
    }
    Ok(())
}

/// Every ratio, then every peer's own figures.
fn figures(results: &Results) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut ratio = |name: String, value: f64| {
        let value = (value * 100.0).round() / 100.0;
        figures.push(Figure {
            name,
            value,
            unit: "ratio",
        });
    };
    for peer in &results.peers {
        ratio(
            format!("peers.drain_ratio_{}", peer.name),
            results.drain_ratio(peer),
        );
    }
    if let Some(best) = results.bulk_ratio_best() {
        ratio("peers.enqueue_bulk_ratio_best".to_owned(), best);
    }
    for peer in std::iter::once(&results.ours).chain(&results.peers) {
        figures.extend(own(peer));
    }
    figures
}

fn own(peer: &Peer) -> Vec<Figure> {
    let figure = |what: &str, value: f64, unit| Figure {
        name: format!("peers.{}.{what}", peer.name),
        value: (value * 100.0).round() / 100.0,
        unit,
    };
    let mut figures = vec![
        figure("enqueue_single_per_s", peer.single, "jobs/s"),
        figure("enqueue_bulk_per_s", peer.bulk, "jobs/s"),
        figure("drain_per_s", peer.drain, "jobs/s"),
        figure("drain_jobs", peer.jobs, "jobs"),
    ];
    figures.extend(peer.p50.map(|ms| figure("start_p50_ms", ms, "ms")));
    figures.extend(peer.p99.map(|ms| figure("start_p99_ms", ms, "ms")));
    figures
}

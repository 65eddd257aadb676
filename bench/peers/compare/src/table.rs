use std::fmt::Write as _;

use super::results::{Peer, Results};

/// The medians, a line a peer, within 80 columns.
pub fn render(results: &Results) -> String {
    let mut text = format!(
        "{:<20} {:>8} {:>8} {:>7} {:>7} {:>6} {:>6} {:>5} {:>5}\n",
        "", "SINGLE/S", "BULK/S", "DRAIN/S", "JOBS", "P50 MS", "P99 MS", "BULK", "DRAIN"
    );
    text += &line(&results.ours, "", "");
    for peer in &results.peers {
        let bulk = format!("{:.2}", results.bulk_ratio(peer));
        let drain = format!("{:.2}", results.drain_ratio(peer));
        text += &line(peer, &bulk, &drain);
    }
    text += "\nJOBS: how many were drained. BULK, DRAIN: our rate against the peer's.\n";
    for (peer, why) in &results.skipped {
        let _ = writeln!(text, "skipped: {peer}, {why}");
    }
    text
}

fn line(peer: &Peer, bulk: &str, drain: &str) -> String {
    format!(
        "{:<20} {:>8.0} {:>8.0} {:>7.0} {:>7.0} {:>6} {:>6} {bulk:>5} {drain:>5}\n",
        peer.name,
        peer.single,
        peer.bulk,
        peer.drain,
        peer.jobs,
        milliseconds(peer.p50),
        milliseconds(peer.p99),
    )
}

/// A latency, if it was measured.
pub fn milliseconds(latency: Option<f64>) -> String {
    latency.map_or_else(String::new, |ms| format!("{ms:.2}"))
}

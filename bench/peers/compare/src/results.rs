use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use serde_json::Value;

/// This engine's name among the peers.
const OURS: &str = "nexus";

/// The medians of a peer's runs.
pub struct Peer {
    pub name: String,
    /// Jobs it drained in a run.
    pub jobs: f64,
    pub single: f64,
    pub bulk: f64,
    pub drain: f64,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}

/// What a directory of runs says.
pub struct Results {
    pub ours: Peer,
    /// The others, the fastest drain first.
    pub peers: Vec<Peer>,
    /// Peers that did not run, and why.
    pub skipped: BTreeMap<String, String>,
}

type Run = HashMap<String, f64>;

impl Results {
    pub fn read(directory: &str) -> anyhow::Result<Self> {
        let mut runs: BTreeMap<String, Vec<Run>> = BTreeMap::new();
        let mut skipped = BTreeMap::new();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let file = entry.file_name().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(entry.path())?;
            let (peer, kind) = file.split_once('.').context("a file of no known name")?;
            if kind == "skipped" {
                skipped.insert(peer.to_owned(), text.trim().to_owned());
            } else {
                let run = run(&text).with_context(|| format!("reading {file}"))?;
                runs.entry(peer.to_owned()).or_default().push(run);
            }
        }
        let ours = runs.remove(OURS).context("this engine was not measured")?;
        let ours = Peer::of(OURS, &ours)?;
        let peers = runs.iter().map(|(name, runs)| Peer::of(name, runs));
        let mut peers = peers.collect::<anyhow::Result<Vec<_>>>()?;
        peers.sort_by(|a, b| b.drain.total_cmp(&a.drain));
        Ok(Self {
            ours,
            peers,
            skipped,
        })
    }

    /// This engine's drain against the peer's.
    pub fn drain_ratio(&self, peer: &Peer) -> f64 {
        self.ours.drain / peer.drain
    }

    /// This engine's bulk enqueue against the peer's.
    pub fn bulk_ratio(&self, peer: &Peer) -> f64 {
        self.ours.bulk / peer.bulk
    }

    /// The same against the best peer.
    pub fn bulk_ratio_best(&self) -> Option<f64> {
        let ratios = self.peers.iter().map(|peer| self.bulk_ratio(peer));
        ratios.min_by(f64::total_cmp)
    }
}

impl Peer {
    fn of(name: &str, runs: &[Run]) -> anyhow::Result<Self> {
        let maybe = |figure: &str| median(runs.iter().filter_map(|run| run.get(figure)));
        let must = |figure: &str| {
            maybe(figure).with_context(|| format!("{name} did not tell its {figure}"))
        };
        Ok(Self {
            name: name.to_owned(),
            jobs: must("jobs")?,
            single: must("enqueue_single_per_s")?,
            bulk: must("enqueue_bulk_per_s")?,
            drain: must("drain_per_s")?,
            p50: maybe("start_p50_ms"),
            p99: maybe("start_p99_ms"),
        })
    }
}

/// A peer's line is an object; this engine's array has an object a figure.
fn run(text: &str) -> anyhow::Result<Run> {
    let Value::Array(figures) = serde_json::from_str(text)? else {
        return Ok(serde_json::from_str(text)?);
    };
    let named = |figure: &Value| {
        let name = figure.get("name")?.as_str()?.strip_prefix("peer.")?;
        Some((name.to_owned(), figure.get("value")?.as_f64()?))
    };
    figures
        .iter()
        .map(|figure| named(figure).context("a figure without name or value"))
        .collect()
}

fn median<'a>(values: impl Iterator<Item = &'a f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.copied().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

//! How fast the decoder is, alone and on one thread: rows a second from a file to encoded chunks.
//!
//! ```text
//! cargo run --release -p nexus-handlers --example decode_speed -- [ROWS] [csv|gzip|jsonl|parquet]
//! ```

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_handlers::generate::Generator;
use nexus_handlers::process_dataset::chunk::RowScope;
use nexus_handlers::process_dataset::decoder::Decoder;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::profiles;
use nexus_handlers::process_dataset::settings::DecodeSettings;

const ROWS: u64 = 1_000_000;
const PASSES: usize = 5;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments
        .next()
        .map_or(Ok(ROWS), |rows| rows.parse())
        .context("ROWS")?;
    let format = arguments.next().unwrap_or_else(|| "csv".to_owned());
    let generator = |faults_per_mille| Generator {
        rows,
        faults_per_mille,
        ..Generator::default()
    };

    let mut csv = Vec::new();
    let started = Instant::now();
    // The spoilt rows of CSV cannot all be said in the other formats.
    let expected = match format.as_str() {
        "jsonl" => generator(0).write_json_lines(&mut csv)?,
        "parquet" => generator(0).write_parquet(&mut csv)?,
        _ => Generator {
            rows,
            ..Generator::default()
        }
        .write(&mut csv)?,
    };
    let mut out = std::io::stdout().lock();
    let per_row = csv.len() as u64 / rows.max(1);
    writeln!(
        out,
        "generate  {}  ({per_row} bytes a row)",
        rate(rows, started.elapsed())
    )?;
    if format == "gzip" {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&csv)?;
        csv = encoder.finish()?;
    }

    let csv = bytes::Bytes::from(csv);
    let toml = profiles::shipped("canonical-transactions").context("no such profile")?;
    let profile = Arc::new(Profile::parse(toml)?);
    let scope = RowScope {
        tenant_id: 1,
        case_id: 1,
        dataset_id: 1,
        rows_before: 0,
    };
    for _ in 0..PASSES {
        let profile = Arc::clone(&profile);
        let started = Instant::now();
        let mut decoder = Decoder::start(csv.clone(), profile, scope, DecodeSettings::default())?;
        let mut encoded = 0;
        while let Some(chunk) = decoder.next_chunk()? {
            encoded += chunk
                .months
                .iter()
                .map(|rows| rows.payload.len())
                .sum::<usize>();
            decoder.recycle(chunk);
        }
        let summary = decoder.finish()?;
        let elapsed = started.elapsed();
        expected.check(&summary.tally)?;
        writeln!(
            out,
            "decode    {}  (read {:?}, parse {:?}, {} bytes a row encoded)",
            rate(rows, elapsed),
            summary.stages.read,
            summary.stages.parse,
            encoded as u64 / rows.max(1),
        )?;
    }
    Ok(())
}

fn rate(rows: u64, elapsed: Duration) -> String {
    let per_second = u128::from(rows) * 1_000_000 / elapsed.as_micros().max(1);
    format!("{per_second:>10} rows/s")
}

//! Loading a file: the whole job beside a bare COPY of the same encoded rows.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use nexus_handlers::generate::Generator;
use nexus_handlers::load_request::{
    LoadInto, LoadRequest, LoadSource, ProfileChoice, request_load,
};
use nexus_handlers::source::Sources;
use nexus_jobs::{CaseId, TenantId};
use nexus_schema::copy::Loaders;
use nexus_schema::{cases, measure};

use super::Scale;
use super::chunks::Encoded;
use super::figure::Figure;
use super::indexes;
use super::median;
use super::rig::{Rig, per_second};
use super::worker::Worker;

const PROFILE: &str = "canonical-transactions";

/// Times as many rows show that memory does not grow with them.
const LARGE: u64 = 10;

/// A format that is measured, and how its file is written.
struct Measured {
    rate: &'static str,
    memory: &'static str,
    file: &'static str,
    /// Rows that are spoilt, in a thousand; 0 where the format cannot say what CSV can.
    faults_per_mille: u32,
    write: fn(&Generator, &mut BufWriter<File>) -> anyhow::Result<()>,
}

const FORMATS: [Measured; 3] = [
    Measured {
        rate: "ingest.rows_per_s",
        memory: "ingest.rss_mib",
        file: "transactions.csv",
        faults_per_mille: 10,
        write: |generator, out| Ok(generator.write(out).map(drop)?),
    },
    Measured {
        rate: "ingest.jsonl_rows_per_s",
        memory: "ingest.jsonl_rss_mib",
        file: "transactions.jsonl",
        faults_per_mille: 0,
        write: |generator, out| Ok(generator.write_json_lines(out).map(drop)?),
    },
    Measured {
        rate: "ingest.parquet_rows_per_s",
        memory: "ingest.parquet_rss_mib",
        file: "transactions.parquet",
        faults_per_mille: 0,
        write: |generator, out| Ok(generator.write_parquet(out).map(drop)?),
    },
];

/// Measures the job and its ceiling in turn; peak memory is the worker process's.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let case = cases::open(
        &mut *rig.pool.get().await?,
        TenantId::DEFAULT,
        &format!("bench {}", uuid::Uuid::new_v4()),
        "bench",
        &Rig::actor(),
    )
    .await?;
    let case = CaseId(case.id);
    let mut figures = Vec::new();
    for format in &FORMATS {
        figures.extend(of_format(rig, format, case, scale).await?);
    }
    let file = rig.directory.path().join(FORMATS[0].file);
    let encoded = Encoded::of(&file, PROFILE, rig.settings.datasets.chunk_rows)?;
    figures.extend(indexes::measure(rig, &encoded, scale).await?);
    drop(encoded);
    let large = generate(rig, &FORMATS[0], scale.rows * LARGE)?;
    let (rate, rss) = whole_job(rig, &large, case, scale.rows * LARGE).await?;
    figures.push(Figure::plain("ingest.large_rows_per_s", rate, "rows/s"));
    figures.push(Figure::plain("ingest.large_rss_mib", rss, "MiB"));
    Ok(figures)
}

async fn of_format(
    rig: &Rig,
    format: &Measured,
    case: CaseId,
    scale: Scale,
) -> anyhow::Result<[Figure; 2]> {
    let file = generate(rig, format, scale.rows)?;
    let (mut rates, mut ceilings, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        ceilings.push(bare_copy(rig, &file).await?);
        let (rate, rss) = whole_job(rig, &file, case, scale.rows).await?;
        rates.push(rate);
        memory.push(rss);
    }
    Ok([
        Figure::beside(format.rate, median(rates), "rows/s", median(ceilings)),
        Figure::plain(format.memory, median(memory), "MiB"),
    ])
}

/// Rows of which one in a hundred is faulty, where the format can say so.
fn generate(rig: &Rig, format: &Measured, rows: u64) -> anyhow::Result<PathBuf> {
    let path = rig.directory.path().join(format.file);
    let generator = Generator {
        rows,
        seed: 1,
        faults_per_mille: format.faults_per_mille,
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    (format.write)(&generator, &mut out)?;
    out.flush()?;
    Ok(path)
}

/// Rows a second of the whole job, from claim to settlement by the ledger's clock.
async fn whole_job(rig: &Rig, file: &Path, case: CaseId, rows: u64) -> anyhow::Result<(f64, f64)> {
    let relay = rig.start_relay();
    let worker = Worker::start(&rig.settings, "{datasets = 1}")?;
    let request = LoadRequest {
        into: LoadInto::New { case, name: None },
        source: LoadSource::Named(file.to_string_lossy().into_owned()),
        profile: ProfileChoice::Shipped(PROFILE.to_owned()),
        // The same file in each round.
        force: true,
    };
    let sources = Sources::new(&rig.settings.datasets);
    let mut conn = rig.pool.get().await?;
    let actor = Rig::actor();
    let requested = request_load(&mut conn, &rig.producer, &sources, &request, &actor).await?;
    let _ = rig.drained(requested.job_id, requested.job_id).await?;
    let rss = worker.peak_rss_mib()?;
    worker.stop().await?;
    relay.stop().await;
    let window = measure::window(&mut conn, requested.job_id, requested.job_id).await?;
    let (from, to) = window
        .first_started
        .zip(window.last_finished)
        .context("the job did not run")?;
    Ok((per_second(i64::try_from(rows)?, (to - from).to_std()?), rss))
}

/// Rows a second of a bare binary COPY of the same rows, encoded beforehand, into
/// the same partitions in the same chunks.
async fn bare_copy(rig: &Rig, file: &Path) -> anyhow::Result<f64> {
    let encoded = Encoded::of(file, PROFILE, rig.settings.datasets.chunk_rows)?;
    let mut loader = Loaders::new(&rig.settings.postgres).connect().await?;
    let chunks = encoded.leaves();
    let began = Instant::now();
    for chunk in chunks {
        loader.copy_only("transactions", chunk).await?;
    }
    Ok(per_second(encoded.rows, began.elapsed()))
}

//! Loading a file: the whole job beside a bare COPY of the same encoded rows.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use nexus_config::Roots;
use nexus_handlers::generate::Generator;
use nexus_handlers::load_request::{LoadInto, LoadRequest, ProfileChoice, request_load};
use nexus_handlers::process_dataset::chunk::{Chunk, RowScope};
use nexus_handlers::process_dataset::decoder::Decoder;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::profiles;
use nexus_handlers::process_dataset::settings::DecodeSettings;
use nexus_jobs::{CaseId, TenantId};
use nexus_schema::copy::{LeafRows, Loaders};
use nexus_schema::{cases, measure};

use super::Scale;
use super::figure::Figure;
use super::median;
use super::rig::{Rig, per_second};
use super::worker::Worker;

const PROFILE: &str = "canonical-transactions";

/// Measures the job and its ceiling in turn; peak memory is the worker process's.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let file = generate(rig.directory.path(), scale.rows)?;
    let case = cases::open(
        &mut *rig.pool.get().await?,
        TenantId::DEFAULT,
        &format!("bench {}", uuid::Uuid::new_v4()),
        "bench",
        &Rig::actor(),
    )
    .await?;
    let (mut rates, mut ceilings, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        ceilings.push(bare_copy(rig, &file).await?);
        let (rate, rss) = whole_job(rig, &file, CaseId(case.id), scale.rows).await?;
        rates.push(rate);
        memory.push(rss);
    }
    Ok(vec![
        Figure::beside(
            "ingest.rows_per_s",
            median(rates),
            "rows/s",
            median(ceilings),
        ),
        Figure::plain("ingest.rss_mib", median(memory), "MiB"),
    ])
}

fn generate(directory: &Path, rows: u64) -> anyhow::Result<PathBuf> {
    let path = directory.join("transactions.csv");
    let generator = Generator {
        rows,
        seed: 1,
        faults_per_mille: 10,
    };
    generator.write(BufWriter::with_capacity(1 << 20, File::create(&path)?))?;
    Ok(path)
}

/// Rows a second of the whole job, from claim to settlement by the ledger's clock.
async fn whole_job(rig: &Rig, file: &Path, case: CaseId, rows: u64) -> anyhow::Result<(f64, f64)> {
    let relay = rig.start_relay();
    let worker = Worker::start(&rig.settings, "{datasets = 1}")?;
    let request = LoadRequest {
        into: LoadInto::New { case, name: None },
        path: file.to_owned(),
        profile: ProfileChoice::Shipped(PROFILE.to_owned()),
        // The same file again and again.
        force: true,
    };
    let roots = Roots::new(&rig.settings.datasets.roots);
    let mut conn = rig.pool.get().await?;
    let requested = request_load(&mut conn, &rig.producer, &roots, &request, &Rig::actor()).await?;
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
    let chunks = encode(file, rig.settings.datasets.chunk_rows as u64)?;
    let rows: u64 = chunks
        .iter()
        .flat_map(|chunk| &chunk.months)
        .map(|month| month.rows)
        .sum();
    let mut loader = Loaders::new(&rig.settings.postgres).connect().await?;
    let began = Instant::now();
    for chunk in chunks {
        let rows = chunk
            .months
            .into_iter()
            .map(|month| LeafRows {
                month: Some(month.month.first_day()),
                bytes: month.payload.into(),
            })
            .collect();
        loader.copy_only("transactions", rows).await?;
    }
    Ok(per_second(i64::try_from(rows)?, began.elapsed()))
}

fn encode(file: &Path, chunk_rows: u64) -> anyhow::Result<Vec<Chunk>> {
    let profile = profiles::shipped(PROFILE).context("the shipped profile is missing")?;
    let profile = Arc::new(Profile::parse(profile)?);
    // Dataset 0 is nobody's: these rows count nowhere.
    let scope = RowScope {
        tenant_id: 0,
        case_id: 0,
        dataset_id: 0,
        rows_before: 0,
    };
    let settings = DecodeSettings {
        chunk_rows,
        ..DecodeSettings::default()
    };
    let mut decoder = Decoder::start(File::open(file)?, profile, scope, settings)?;
    let mut chunks = Vec::new();
    while let Some(chunk) = decoder.next_chunk()? {
        chunks.push(chunk);
    }
    Ok(chunks)
}

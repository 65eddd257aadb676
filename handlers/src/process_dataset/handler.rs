//! The handler: reads on a blocking thread, sends on this task, chunk by chunk.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nexus_config::{Datasets, Postgres};
use nexus_jobs::kinds::ProcessDataset;
use nexus_jobs::{Emitted, LoadId, Outcome};
use nexus_schema::Error as LedgerError;
use nexus_schema::copy::Loaders;
use nexus_schema::datasets::{self, Figures, Loaded, Started, StartedLoad};
use nexus_workers::{Context, Handler};

use super::chunk::RowScope;
use super::columns::merged;
use super::decoding::{Decoding, Ended};
use super::input::InputError;
use super::loading::load_chunk;
use super::profile::Profile;
use super::repeated::loaded_before;
use super::report::report;
use super::settings::DecodeSettings;
use super::table::Column;
use super::verdict::{Verdict, too_many_kept, verdict};
use crate::source::{OpenError, Sources};

/// Pause before a load that an outage of Postgres cut off is tried again, attempts being spent.
const OUTAGE_WAIT: Duration = Duration::from_secs(5);

/// Pause before a load asks again whether it is its turn, another of its dataset being under way.
const TURN_WAIT: Duration = Duration::from_secs(2);

/// Does `process_dataset`.
#[derive(Clone, Debug)]
pub struct DatasetLoader {
    loaders: Loaders,
    settings: Datasets,
    sources: Sources,
}

/// How a load came to its end, other than by an error worth another attempt.
pub(super) enum End {
    /// Read to the end and loaded.
    Read(Box<Ended>),
    /// The input is at fault: another attempt would find the same.
    AtFault(String),
}

impl DatasetLoader {
    /// A handler that reads files from the configured directories and stores, and the spool.
    pub fn new(postgres: &Postgres, settings: &Datasets) -> Self {
        Self {
            loaders: Loaders::new(postgres),
            settings: settings.clone(),
            sources: Sources::new(settings),
        }
    }
}

impl Handler<ProcessDataset> for DatasetLoader {
    async fn run(&self, job: ProcessDataset, ctx: Context) -> anyhow::Result<Outcome> {
        match self.attempt(job.load_id, &ctx).await {
            Err(error) if ctx.is_last_attempt() => give_up(job.load_id, error, &ctx).await,
            answer => answer,
        }
    }
}

impl DatasetLoader {
    async fn attempt(&self, load: LoadId, ctx: &Context) -> anyhow::Result<Outcome> {
        let started = {
            let mut conn = ctx.pool().get().await?;
            datasets::start(&mut conn, load, ctx.job()).await?
        };
        let started = match started {
            Started::Go(started) => started,
            Started::Wait => return Ok(Outcome::Snooze(TURN_WAIT)),
            Started::Loaded => return Ok(Outcome::done()),
            Started::Failed => return Ok(Outcome::Discard("the load has failed before".into())),
            Started::Elsewhere(job) => {
                return Ok(Outcome::Discard(format!("load {load} is run by job {job}")));
            }
            Started::Refused(error) => return fail(load, None, error, ctx).await,
        };
        let began = Instant::now();
        let profile = Profile::parse(&started.profile).context("the load's stored profile")?;
        let profile = Arc::new(profile);
        let outcome = match self.load(load, &started, &profile, ctx).await? {
            (End::Read(ended), sending) => {
                let took = began.elapsed();
                let found = report(&ended, &profile, started.appends, sending, took);
                let table = profile.dataset_type.columns();
                self.conclude(load, &started, table, *ended, found, ctx)
                    .await?
            }
            (End::AtFault(error), _) => fail(load, None, error, ctx).await?,
        };
        if outcome == Outcome::Settled {
            self.sources.remove_upload(&started.source).await;
        }
        Ok(outcome)
    }

    /// Loads what no earlier attempt has loaded. Returns how it ended, and the time
    /// spent sending.
    async fn load(
        &self,
        load: LoadId,
        started: &StartedLoad,
        profile: &Arc<Profile>,
        ctx: &Context,
    ) -> anyhow::Result<(End, Duration)> {
        let mut sending = Duration::ZERO;
        let file = match self.sources.open(&started.source).await {
            Ok(opened) => opened.file,
            Err(OpenError::AtFault(error)) => return Ok((End::AtFault(error), sending)),
            Err(OpenError::Passing(error)) => return Err(error),
        };
        if let Some(refusal) = loaded_before(&file, started, ctx).await? {
            return Ok((End::AtFault(refusal), sending));
        }
        // In this order: a decoder that held a thread while it waited for a connection could wait
        // for ever on a load that holds a connection and waits for a thread.
        let mut loader = self.loaders.connect().await?;
        let mut decoding = self.start_decoding(started, Arc::clone(profile), file, ctx)?;
        while let Some(chunk) = decoding.next().await {
            let rejected = chunk.checkpoint.tally.rejected_total();
            if let Some(error) = too_many_kept(rejected, self.settings.rejects_kept_max) {
                return Ok((End::AtFault(error), sending));
            }
            let at = Instant::now();
            let chunk = load_chunk(&mut loader, &started.type_, load, chunk, ctx).await?;
            sending += at.elapsed();
            decoding.recycle(chunk);
        }
        match decoding.end().await? {
            Ok(ended) => Ok((End::Read(Box::new(ended)), sending)),
            Err(InputError::Io(error)) => Err(error).context("reading the file"),
            Err(InputError::Scratch(error)) => {
                let spool = self.settings.spool.display();
                Err(error).with_context(|| format!("a temporary file in {spool}"))
            }
            Err(error) => Ok((End::AtFault(error.to_string()), sending)),
        }
    }

    fn start_decoding(
        &self,
        started: &StartedLoad,
        profile: Arc<Profile>,
        file: File,
        ctx: &Context,
    ) -> anyhow::Result<Decoding> {
        let checkpoint = started
            .checkpoint
            .clone()
            .map(serde_json::from_value)
            .transpose()
            .context("the load's stored checkpoint")?;
        let scope = RowScope {
            tenant_id: started.tenant_id,
            case_id: started.case_id,
            dataset_id: started.dataset.0,
            rows_before: started.rows_before.cast_unsigned(),
        };
        let settings = DecodeSettings {
            block_bytes: self.settings.read_block.as_usize(),
            record_bytes_max: self.settings.line_bytes_max.as_usize(),
            raw_text_bytes_max: self.settings.reject_raw_bytes_max.as_usize(),
            chunk_rows: self.settings.chunk_rows as u64,
            months_max: self.settings.months_max,
            decoded_bytes_max: self.settings.decoded_bytes_max.get(),
            decoded_ratio_max: self.settings.decoded_ratio_max,
            scratch: self.settings.spool.clone(),
            ..DecodeSettings::default()
        };
        Ok(Decoding::start(
            file, profile, scope, settings, checkpoint, ctx,
        ))
    }

    /// The share of rejects decides; either way the report is kept.
    async fn conclude(
        &self,
        load: LoadId,
        started: &StartedLoad,
        table: &[Column],
        ended: Ended,
        found: Loaded,
        ctx: &Context,
    ) -> anyhow::Result<Outcome> {
        match verdict(&ended.summary.tally, self.settings.reject_share_max) {
            Verdict::TooManyRejects(error) => fail(load, Some(found), error, ctx).await,
            Verdict::Loaded => {
                let result = serde_json::json!({
                    "rows_read": found.figures.rows_read,
                    "rows_loaded": found.figures.rows_loaded,
                    "rows_rejected": found.figures.rows_rejected,
                });
                let earlier = if started.appends {
                    let mut conn = ctx.pool().get().await?;
                    datasets::columns(&mut conn, started.dataset).await?
                } else {
                    Vec::new()
                };
                let columns = merged(table, &earlier, &ended.summary.columns)
                    .context("the statistics of the dataset's earlier loads")?;
                let loaded = Loaded {
                    columns,
                    ..found.clone()
                };
                let (own, about) = (ctx.clone(), started.clone());
                let done = ctx.complete(Some(result), move |conn| {
                    Box::pin(async move {
                        let figures = datasets::finish(conn, load, &loaded).await?;
                        own.emit(conn, &dataset_loaded(load, &about, &figures))
                            .await
                    })
                });
                match done.await {
                    Err(LedgerError::Conflict(error)) => fail(load, Some(found), error, ctx).await,
                    done => Ok(done?),
                }
            }
        }
    }
}

/// What whoever listens is told of a load. A load ends once, so its id is the event's.
fn dataset_loaded(load: LoadId, started: &StartedLoad, figures: &Figures) -> Emitted {
    let data = serde_json::json!({
        "dataset_id": started.dataset,
        "load_id": load,
        "case_id": started.case_id,
        "type": started.type_,
        "appends": started.appends,
        "rows_read": figures.rows_read,
        "rows_loaded": figures.rows_loaded,
        "rows_rejected": figures.rows_rejected,
    });
    Emitted::new("dataset.loaded", data)
        .id(load.to_string())
        .subject(format!("dataset {}", started.dataset))
}

/// Discards the job; in the same transaction the load fails and its rows go.
async fn fail(
    load: LoadId,
    found: Option<Loaded>,
    error: String,
    ctx: &Context,
) -> anyhow::Result<Outcome> {
    let text = error.clone();
    let discarded = ctx.discard(&error, move |conn| {
        Box::pin(async move { datasets::fail(conn, load, found.as_ref(), &text).await })
    });
    Ok(discarded.await?)
}

/// Fails the load with its last attempt. While Postgres is away that could not be written, and
/// the load would stay half done for ever: then the job waits, and spends no attempt.
async fn give_up(load: LoadId, error: anyhow::Error, ctx: &Context) -> anyhow::Result<Outcome> {
    let failed = if is_outage(&error) {
        Err(error)
    } else {
        fail(load, None, format!("{error:#}"), ctx).await
    };
    match failed {
        Err(error) if is_outage(&error) => Ok(Outcome::Snooze(OUTAGE_WAIT)),
        answer => answer,
    }
}

fn is_outage(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<LedgerError>()
        .is_some_and(LedgerError::is_transient)
}

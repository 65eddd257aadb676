//! The loop: records of one format to chunks of rows and rejects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::cell::Cell;
use super::super::checkpoint::{Checkpoint, StageTimes, Summary};
use super::super::chunk::{Chunk, MonthBuffers, RowScope};
use super::super::input::{InputError, Prefix};
use super::super::keys::Keys;
use super::super::layout::{Layout, Naming};
use super::super::profile::Profile;
use super::super::record_source::{Found, RecordSource};
use super::super::reject::Fault;
use super::super::rejects::RejectRows;
use super::super::settings::DecodeSettings;
use super::super::standardise::standardise;
use super::super::statistics::Statistics;
use super::super::table::ColumnKind;
use super::super::tally::{Positions, Tally};

/// Decodes the records of one format.
pub(super) struct Engine<S> {
    source: S,
    layout: Layout,
    profile: Arc<Profile>,
    settings: DecodeSettings,
    rows_before: u64,
    header: bool,
    at: Positions,
    months: MonthBuffers,
    rejects: RejectRows,
    tally: Tally,
    statistics: Statistics,
    keys: Option<Keys>,
    /// Time in this decoder, reading included.
    busy: Duration,
}

/// Whether a record's row or reject is wanted, or only what is counted of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Counts,
}

impl<S: RecordSource> Engine<S> {
    /// Fits the source's columns to the profile.
    ///
    /// `header`: the file's first record named its columns.
    pub(super) fn new(
        mut source: S,
        naming: Naming,
        header: bool,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
    ) -> Result<Self, InputError> {
        let layout = match Layout::resolve(&profile, source.columns(), naming) {
            Ok(layout) => layout,
            Err(error) => {
                // A file that changed need not fit any more; that it changed is the better news.
                source.verify_prefix()?;
                return Err(error.into());
            }
        };
        source.want(&layout.used)?;
        let at = Positions {
            date: layout.position(ColumnKind::Day),
            amount: layout.position(ColumnKind::Money),
            currency: layout.position(ColumnKind::Currency),
        };
        let keys = key_columns(&layout, &profile);
        Ok(Self {
            at,
            months: MonthBuffers::new(scope, &profile, settings.months_max),
            rejects: RejectRows::new(scope, settings.raw_text_bytes_max),
            tally: Tally::default(),
            statistics: Statistics::new(profile.dataset_type.columns()),
            keys: keys.map(|columns| Keys::new(columns, settings.scratch.clone())),
            rows_before: scope.rows_before,
            header,
            busy: Duration::ZERO,
            source,
            layout,
            profile,
            settings,
        })
    }

    /// Passes over what an earlier attempt loaded, counting it again, so that what is counted
    /// needs no place in the checkpoint. The counts of both readings must agree.
    pub(super) fn replay(&mut self, checkpoint: &Checkpoint) -> Result<(), InputError> {
        let started = Instant::now();
        for _ in 0..checkpoint.records_done {
            if !self.decode_record(Keep::Counts)? {
                self.source.verify_prefix()?;
                return Err(InputError::ReadDifferently);
            }
        }
        self.source.verify_prefix()?;
        if self.tally != checkpoint.tally {
            return Err(InputError::ReadDifferently);
        }
        self.busy += started.elapsed();
        Ok(())
    }

    /// The next chunk; `None` once every record has been given.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let started = Instant::now();
        let chunk = self.decode_chunk();
        self.busy += started.elapsed();
        chunk
    }

    pub(super) fn recycle(&mut self, chunk: Chunk) {
        self.months
            .recycle(chunk.months, 2 * self.settings.chunk_bytes_max);
        self.rejects.recycle(chunk.rejects);
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Counts time spent before this was made.
    pub(super) fn spent(&mut self, before: Duration) {
        self.busy += before;
    }

    pub(super) fn finish(mut self) -> Result<Summary, InputError> {
        let started = Instant::now();
        self.source.drain()?;
        let keys = self.keys.map(Keys::finish).transpose();
        let keys = keys.map_err(InputError::Scratch)?;
        let Prefix { bytes, sha256 } = self.source.prefix();
        let read = self.source.busy();
        let busy = self.busy + started.elapsed();
        Ok(Summary {
            sha256,
            raw_bytes: bytes,
            decoded_bytes: self.source.decoded_bytes(),
            stages: StageTimes {
                read,
                parse: busy.saturating_sub(read),
            },
            columns: self.statistics.reports(),
            keys,
            tally: self.tally,
        })
    }

    fn decode_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let before = self.tally.rows_read;
        let mut ended = false;
        while !ended
            && self.tally.rows_read - before < self.settings.chunk_rows.max(1)
            && self.months.bytes() + self.rejects.bytes() < self.settings.chunk_bytes_max
        {
            ended = !self.decode_record(Keep::All)?;
        }
        if self.tally.rows_read == 0 {
            return Err(InputError::NoRecords {
                header: self.header,
            });
        }
        if self.tally.rows_read == before {
            return Ok(None);
        }
        let (rejects, rejected) = self.rejects.take();
        let Prefix { bytes, sha256 } = self.source.prefix();
        Ok(Some(Chunk {
            months: self.months.take(),
            rejects,
            rejected,
            checkpoint: Checkpoint {
                records_done: self.tally.rows_read,
                raw_bytes: bytes,
                sha256,
                record_bytes_max: self.settings.record_bytes_max,
                tally: self.tally.clone(),
            },
        }))
    }

    /// Loads or rejects one record; `false` at the end of the file.
    #[inline]
    fn decode_record(&mut self, keep: Keep) -> Result<bool, InputError> {
        let found = self.source.advance()?;
        let record = self.source.current();
        let row_no = self.rows_before + self.tally.rows_read + 1;
        let row = match found {
            Found::Record => standardise(record, &self.layout, &self.profile),
            Found::Faulty(reason) => Err(Fault::record(reason)),
            Found::End => return Ok(false),
        };
        match row {
            Ok(cells) => {
                let date = match self.at.date.and_then(|at| cells.get(at)) {
                    Some(Cell::Day(date)) => Some(*date),
                    _ => None,
                };
                match keep {
                    Keep::All => self.months.push(&cells, date, row_no)?,
                    Keep::Counts => self.months.see(date)?,
                }
                self.statistics.observe(&cells);
                if let Some(keys) = &mut self.keys {
                    keys.observe(&cells).map_err(InputError::Scratch)?;
                }
                self.tally.load(&cells, self.at);
            }
            Err(fault) => {
                if keep == Keep::All {
                    let column = fault
                        .column
                        .and_then(|column| self.layout.names.get(column));
                    self.rejects
                        .push(record, row_no, fault.reason, column.map(String::as_str));
                }
                self.tally.reject(fault.reason);
            }
        }
        Ok(true)
    }
}

/// The cells of the natural key; `None` where the file has none. A record's own number is none.
fn key_columns(layout: &Layout, profile: &Profile) -> Option<Vec<usize>> {
    let key = profile.duplicates.key.iter();
    let columns: Vec<usize> = key.filter_map(|&field| layout.position_of(field)).collect();
    (!columns.is_empty()).then_some(columns)
}

//! The decoder: a file in, chunks of encoded rows out. Pulled, so that the sender sets the pace.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::checkpoint::{Checkpoint, StageTimes, Summary};
use super::chunk::{Chunk, MonthBuffers, RowScope};
use super::header::{HeaderError, Layout};
use super::input::{Input, InputBounds, InputError, Prefix};
use super::profile::Profile;
use super::records::{Found, Records};
use super::reject::{Fault, RejectReason};
use super::rejects::RejectRows;
use super::settings::DecodeSettings;
use super::standardise::standardise;
use super::tally::Tally;

#[cfg(test)]
mod tests;

/// Decodes one file.
///
/// Call [`next_chunk`](Self::next_chunk) until it gives `None`, hand each chunk back to
/// [`recycle`](Self::recycle) once it is sent, then [`finish`](Self::finish). After an error the
/// decoder is of no more use. It blocks while it reads.
pub struct Decoder<R> {
    records: Records<R>,
    layout: Layout,
    profile: Arc<Profile>,
    settings: DecodeSettings,
    months: MonthBuffers,
    rejects: RejectRows,
    tally: Tally,
    /// The first record is data and has been found but not yet decoded.
    pending: bool,
    /// Time in this decoder, reading included.
    busy: Duration,
}

impl<R: Read> Decoder<R> {
    /// Starts at the beginning of a file. Reads its first block and checks its header.
    pub fn start(
        reader: R,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
    ) -> Result<Self, InputError> {
        Self::open(reader, profile, scope, settings, None)
    }

    /// Goes on behind a checkpoint, with a reader at the *beginning* of the file. Reads again what
    /// was read then, and errors with [`InputError::ChangedSince`] where it is not the same.
    pub fn resume(
        reader: R,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
        checkpoint: Checkpoint,
    ) -> Result<Self, InputError> {
        let started = Instant::now();
        let Checkpoint {
            records_done,
            raw_bytes,
            sha256,
            record_bytes_max,
            tally,
        } = checkpoint;
        let prefix = Prefix {
            bytes: raw_bytes,
            sha256,
        };
        let settings = DecodeSettings {
            record_bytes_max,
            ..settings
        };
        let expected = (raw_bytes > 0).then_some(prefix);
        let mut decoder = Self::open(reader, profile, scope, settings, expected)?;
        for _ in 0..records_done {
            if !std::mem::take(&mut decoder.pending)
                && decoder.records.advance(false)? == Found::End
            {
                return Err(InputError::ChangedSince {
                    prefix_bytes: raw_bytes,
                });
            }
        }
        decoder.records.input_mut().verify_prefix()?;
        decoder.tally = tally;
        decoder.busy += started.elapsed();
        Ok(decoder)
    }

    fn open(
        reader: R,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let started = Instant::now();
        let bounds = InputBounds {
            block_bytes: settings.block_bytes,
            decoded_bytes_max: u64::MAX,
            decoded_ratio_max: u32::MAX,
        };
        let input = Input::open(reader, bounds, None, expected)?;
        let mut records = Records::open(
            input,
            profile.csv,
            settings.block_bytes,
            settings.record_bytes_max,
        )?;
        let layout = match fit(&mut records, &profile) {
            Ok(layout) => layout,
            Err(error) => {
                // A file that changed need not fit any more; that it changed is the better news.
                records.input_mut().drain_prefix()?;
                return Err(error);
            }
        };
        Ok(Self {
            records,
            months: MonthBuffers::new(scope, &profile),
            rejects: RejectRows::new(scope, settings.raw_text_bytes_max),
            tally: Tally::default(),
            pending: !profile.csv.header,
            busy: started.elapsed(),
            layout,
            profile,
            settings,
        })
    }

    /// The next chunk; `None` once every record has been given.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let started = Instant::now();
        let chunk = self.decode_chunk();
        self.busy += started.elapsed();
        chunk
    }

    /// Takes a chunk's buffers back, to be filled again.
    pub fn recycle(&mut self, chunk: Chunk) {
        self.months
            .recycle(chunk.months, 2 * self.settings.chunk_bytes_max);
        self.rejects.recycle(chunk.rejects);
    }

    /// Counts and sums so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Raw bytes read so far, for progress against the file's size.
    pub fn raw_bytes(&self) -> u64 {
        self.records.input().raw_bytes()
    }

    /// Reads whatever may follow the last record, so that the digest is the whole file's.
    pub fn finish(mut self) -> Result<Summary, InputError> {
        let started = Instant::now();
        self.records.input_mut().drain()?;
        let input = self.records.input();
        let Prefix { bytes, sha256 } = input.prefix();
        let read = input.busy();
        let busy = self.busy + started.elapsed();
        Ok(Summary {
            sha256,
            raw_bytes: bytes,
            decoded_bytes: input.decoded_bytes(),
            stages: StageTimes {
                read,
                parse: busy.saturating_sub(read),
            },
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
            ended = !self.decode_record()?;
        }
        if self.tally.rows_read == 0 {
            return Err(InputError::NoRecords {
                header: self.profile.csv.header,
            });
        }
        if self.tally.rows_read == before {
            return Ok(None);
        }
        let (rejects, rejected) = self.rejects.take();
        let Prefix { bytes, sha256 } = self.records.input().prefix();
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
    fn decode_record(&mut self) -> Result<bool, InputError> {
        let found = if std::mem::take(&mut self.pending) {
            Found::Record
        } else {
            self.records.advance(true)?
        };
        let record = self.records.current();
        let row_no = self.tally.rows_read + 1;
        let row = match found {
            Found::Record => standardise(record, &self.layout, &self.profile),
            Found::LineTooLong => Err(Fault::record(RejectReason::LineTooLong)),
            Found::UnclosedQuote => Err(Fault::record(RejectReason::UnclosedQuote)),
            Found::End => return Ok(false),
        };
        match row {
            Ok(row) => {
                self.months.push(&row, row_no);
                self.tally.load(&row);
            }
            Err(fault) => {
                let column = fault
                    .column
                    .and_then(|column| self.layout.names.get(column));
                self.rejects
                    .push(record, row_no, fault.reason, column.map(String::as_str));
                self.tally.reject(fault.reason);
            }
        }
        Ok(true)
    }
}

/// Fits the first record to the profile.
fn fit<R: Read>(records: &mut Records<R>, profile: &Profile) -> Result<Layout, InputError> {
    match records.advance(true)? {
        Found::Record => Ok(Layout::resolve(profile, records.current())?),
        Found::LineTooLong | Found::UnclosedQuote => Err(HeaderError::unreadable().into()),
        Found::End => Err(InputError::NoRecords { header: false }),
    }
}

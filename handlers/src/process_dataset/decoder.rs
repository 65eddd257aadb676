//! The decoder: a file in, chunks of encoded rows out. Pulled, so that the sender sets the pace.

use std::sync::Arc;
use std::time::Instant;

use super::checkpoint::{Checkpoint, Summary};
use super::chunk::{Chunk, RowScope};
use super::csv_file::CsvFile;
use super::format::{About, Format};
use super::input::{InputError, Prefix};
use super::json_lines::JsonLines;
use super::parquet_file::ParquetFile;
use super::profile::Profile;
use super::settings::DecodeSettings;
use super::stored::Stored;
use super::tally::Tally;

mod engine;
mod opening;
#[cfg(test)]
mod tests;

use engine::Engine;

/// Decodes one file.
///
/// Call [`next_chunk`](Self::next_chunk) until it gives `None`, hand each chunk back to
/// [`recycle`](Self::recycle) once it is sent, then [`finish`](Self::finish). After an error the
/// decoder is of no more use. It blocks while it reads.
pub struct Decoder {
    engine: AnyEngine,
    about: About,
}

/// The loop is compiled once for each format, so that no field pays for the choice.
enum AnyEngine {
    Csv(Box<Engine<CsvFile<Stored>>>),
    JsonLines(Box<Engine<JsonLines<Stored>>>),
    Parquet(Box<Engine<ParquetFile>>),
}

/// The same call on whichever engine it is.
macro_rules! each {
    ($engine:expr, $it:ident => $call:expr) => {
        match $engine {
            AnyEngine::Csv($it) => $call,
            AnyEngine::JsonLines($it) => $call,
            AnyEngine::Parquet($it) => $call,
        }
    };
}

impl Decoder {
    /// Starts at the beginning of a file. Reads its first block and checks its columns.
    pub fn start(
        stored: impl Into<Stored>,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
    ) -> Result<Self, InputError> {
        Self::open(stored.into(), profile, scope, settings, None)
    }

    /// Goes on behind a checkpoint, with the file at its *beginning*. Reads again what was read
    /// then, and errors with [`InputError::ChangedSince`] where it is not the same.
    pub fn resume(
        stored: impl Into<Stored>,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
        checkpoint: &Checkpoint,
    ) -> Result<Self, InputError> {
        let expected = Prefix {
            bytes: checkpoint.raw_bytes,
            sha256: checkpoint.sha256,
        };
        let settings = DecodeSettings {
            record_bytes_max: checkpoint.record_bytes_max,
            ..settings
        };
        let expected = (checkpoint.raw_bytes > 0).then_some(expected);
        let mut decoder = Self::open(stored.into(), profile, scope, settings, expected)?;
        each!(&mut decoder.engine, engine => engine.replay(checkpoint))?;
        Ok(decoder)
    }

    fn open(
        stored: Stored,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let started = Instant::now();
        let (mut engine, about) = opening::open(stored, profile, scope, settings, expected)?;
        each!(&mut engine, engine => engine.spent(started.elapsed()));
        Ok(Self { engine, about })
    }

    /// What the file turned out to be.
    pub fn about(&self) -> About {
        self.about
    }

    /// The format that the file turned out to be in.
    pub fn format(&self) -> Format {
        self.about.format
    }

    /// The next chunk; `None` once every record has been given.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        each!(&mut self.engine, engine => engine.next_chunk())
    }

    /// Takes a chunk's buffers back, to be filled again.
    pub fn recycle(&mut self, chunk: Chunk) {
        each!(&mut self.engine, engine => engine.recycle(chunk));
    }

    /// Counts and sums so far.
    pub fn tally(&self) -> &Tally {
        each!(&self.engine, engine => engine.tally())
    }

    /// Reads whatever may follow the last record, so that the digest is the whole file's.
    pub fn finish(self) -> Result<Summary, InputError> {
        each!(self.engine, engine => engine.finish())
    }
}

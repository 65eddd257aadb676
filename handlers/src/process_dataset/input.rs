//! From raw bytes to decoded ones: hashing, gzip, and what can go wrong with either.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;

mod digest;
mod error;
mod hashed;
mod magic;
#[cfg(test)]
mod tests;

pub use digest::Digest;
pub use error::InputError;
pub(super) use hashed::Prefix;
pub(super) use magic::foreign_format;

use hashed::{Fault, HashedReader};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file's decoded bytes. Whether it is gzip is told by its first bytes, not by its name.
pub(super) struct Input<R> {
    source: Source<R>,
    decoded_bytes: u64,
    /// Time spent reading, hashing and decompressing.
    busy: Duration,
}

enum Source<R> {
    Plain(Box<HashedReader<R>>),
    Gzip(Box<MultiGzDecoder<HashedReader<R>>>),
}

impl<R: Read> Input<R> {
    /// Looks at the first bytes. With a prefix, the file must begin with exactly those bytes,
    /// which is checked as they pass.
    pub(super) fn open(
        reader: R,
        block_bytes: usize,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let mut raw = HashedReader::new(reader, block_bytes, expected);
        let peeked = raw.peek(GZIP_MAGIC.len());
        let gzip = match peeked {
            Ok(head) => head.starts_with(&GZIP_MAGIC),
            Err(error) => return Err(fault(&mut raw, error)),
        };
        let source = if gzip {
            Source::Gzip(Box::new(MultiGzDecoder::new(raw)))
        } else {
            Source::Plain(Box::new(raw))
        };
        Ok(Self {
            source,
            decoded_bytes: 0,
            busy: Duration::ZERO,
        })
    }

    /// Fills `buffer` as far as the input reaches; 0 at its end.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, InputError> {
        let started = Instant::now();
        let mut filled = 0;
        let mut result = Ok(());
        while filled < buffer.len() {
            let read = match &mut self.source {
                Source::Plain(raw) => raw.read(&mut buffer[filled..]),
                Source::Gzip(gzip) => gzip.read(&mut buffer[filled..]),
            };
            match read {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(self.explain(error));
                    break;
                }
            }
        }
        self.decoded_bytes += filled as u64;
        self.busy += started.elapsed();
        result.map(|()| filled)
    }

    /// Reads on until the expected prefix, if there is one, has been seen and compared.
    pub(super) fn verify_prefix(&mut self) -> Result<(), InputError> {
        let raw = self.raw_mut();
        raw.read_ahead().map_err(|error| fault(raw, error))
    }

    /// The same, but the bytes are dropped: nothing can be read after it.
    pub(super) fn drain_prefix(&mut self) -> Result<(), InputError> {
        let raw = self.raw_mut();
        raw.drain_prefix().map_err(|error| fault(raw, error))
    }

    /// Reads the rest, so that the digest is the whole file's.
    pub(super) fn drain(&mut self) -> Result<(), InputError> {
        let started = Instant::now();
        let raw = self.raw_mut();
        let result = raw.drain().map_err(|error| fault(raw, error));
        self.busy += started.elapsed();
        result
    }

    /// Raw bytes read so far, and their digest.
    pub(super) fn prefix(&self) -> Prefix {
        self.raw().prefix()
    }

    /// Raw bytes read so far.
    pub(super) fn raw_bytes(&self) -> u64 {
        self.raw().bytes()
    }

    /// Bytes after decompression so far.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.decoded_bytes
    }

    /// Time spent reading, hashing and decompressing so far.
    pub(super) fn busy(&self) -> Duration {
        self.busy
    }

    fn raw(&self) -> &HashedReader<R> {
        match &self.source {
            Source::Plain(raw) => raw,
            Source::Gzip(gzip) => gzip.get_ref(),
        }
    }

    fn raw_mut(&mut self) -> &mut HashedReader<R> {
        match &mut self.source {
            Source::Plain(raw) => raw,
            Source::Gzip(gzip) => gzip.get_mut(),
        }
    }

    /// Whose fault an error was: the reader's below, a changed file's, or the compression's.
    fn explain(&mut self, error: io::Error) -> InputError {
        let raw = self.raw_mut();
        if raw.has_fault() {
            return fault(raw, error);
        }
        // A file that changed may no longer decompress; that it changed is then the better news.
        if let Err(error) = raw.drain_prefix() {
            return fault(raw, error);
        }
        let raw_bytes = raw.prefix().bytes;
        match error.kind() {
            io::ErrorKind::UnexpectedEof => InputError::TruncatedGzip { raw_bytes },
            _ => InputError::CorruptGzip {
                raw_bytes,
                what: error.to_string(),
            },
        }
    }
}

fn fault<R: Read>(raw: &mut HashedReader<R>, error: io::Error) -> InputError {
    match raw.take_fault() {
        Some(Fault::Changed { prefix_bytes }) => InputError::ChangedSince { prefix_bytes },
        Some(Fault::Io(error)) => InputError::Io(error),
        None => InputError::Io(error),
    }
}

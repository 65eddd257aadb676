//! From raw bytes to text in UTF-8: hashing, decompression, encodings, and what can go wrong.

use std::io::Read;
use std::time::{Duration, Instant};

mod beginning;
mod binary;
mod bounds;
mod compression;
mod detect;
mod digest;
mod encoding;
mod error;
mod hashed;
mod identity;
mod magic;
mod source;
#[cfg(test)]
mod tests;
mod transcode;

pub use bounds::InputBounds;
pub(super) use bounds::RATIO_FLOOR_BYTES;
pub use compression::Compression;
pub use detect::{HEAD_BYTES, detect};
pub use digest::Digest;
pub use encoding::{Encoding, EncodingBasis, NotAnEncoding};
pub use error::InputError;
pub(super) use hashed::Prefix;
pub use identity::FileIdentity;
pub use magic::is_parquet;

use beginning::Beginning;
use source::Source;
use transcode::Transcoder;

/// A file's text as UTF-8, without a byte order mark. How it is compressed and encoded is told by
/// its first bytes, not by its name. What means nothing in its encoding comes out as bytes that
/// are no UTF-8, so that the record around them can be rejected.
pub(super) struct Input<R> {
    source: Source<R>,
    /// `None` for UTF-8, which passes as it is.
    transcoder: Option<Transcoder>,
    encoding: Encoding,
    basis: EncodingBasis,
    head: Vec<u8>,
    /// Text that comes before anything that is still to be read, and how much of it was given.
    ahead: Vec<u8>,
    given: usize,
    busy: Duration,
}

impl<R: Read> Input<R> {
    /// Reads the first bytes, and refuses what cannot be CSV or JSON Lines at all. With a prefix,
    /// the file must begin with exactly those bytes, which is checked as they pass. An encoding
    /// that is stated is not second-guessed, but a byte order mark must not contradict it.
    pub(super) fn open(
        reader: R,
        bounds: InputBounds,
        encoding: Option<Encoding>,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let started = Instant::now();
        let mut source = Source::open(reader, bounds, expected)?;
        let mut sample = vec![0; HEAD_BYTES];
        let count = source.fill(&mut sample)?;
        sample.truncate(count);
        let Beginning {
            encoding,
            basis,
            transcoder,
            text,
        } = Beginning::of(sample, source.compression(), encoding)
            .map_err(|error| source.unless_changed(error))?;
        Ok(Self {
            source,
            transcoder,
            encoding,
            basis,
            head: text[..text.len().min(HEAD_BYTES)].to_vec(),
            ahead: text,
            given: 0,
            busy: started.elapsed(),
        })
    }

    /// Fills `buffer` as far as the input reaches; 0 at its end.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, InputError> {
        let started = Instant::now();
        let filled = self.fill_untimed(buffer);
        self.busy += started.elapsed();
        filled
    }

    fn fill_untimed(&mut self, buffer: &mut [u8]) -> Result<usize, InputError> {
        let mut filled = 0;
        loop {
            filled += self.give_ahead(&mut buffer[filled..]);
            if filled == buffer.len() {
                return Ok(filled);
            }
            let Some(transcoder) = &mut self.transcoder else {
                return Ok(filled + self.source.fill(&mut buffer[filled..])?);
            };
            self.ahead.clear();
            self.given = 0;
            if !transcoder.advance(&mut self.source, &mut self.ahead)? {
                return Ok(filled);
            }
        }
    }

    fn give_ahead(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.ahead[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        count
    }

    /// The first [`HEAD_BYTES`] of the text, or all of a shorter one. They come again from
    /// [`fill`](Self::fill).
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// How the file is compressed.
    pub(super) fn compression(&self) -> Compression {
        self.source.compression()
    }

    /// The encoding that the file is read in.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How that encoding is known.
    pub(super) fn encoding_basis(&self) -> EncodingBasis {
        self.basis
    }

    /// Reads on until the expected prefix, if there is one, has been seen and compared.
    pub(super) fn verify_prefix(&mut self) -> Result<(), InputError> {
        self.source.verify_prefix()
    }

    /// The same, but the bytes are dropped: nothing can be read after it.
    pub(super) fn drain_prefix(&mut self) -> Result<(), InputError> {
        self.source.drain_prefix()
    }

    /// Reads the rest, so that the digest is the whole file's.
    pub(super) fn drain(&mut self) -> Result<(), InputError> {
        let started = Instant::now();
        let result = self.source.drain();
        self.busy += started.elapsed();
        result
    }

    /// Raw bytes read so far, and their digest.
    pub(super) fn prefix(&self) -> Prefix {
        self.source.raw().prefix()
    }

    /// Bytes after decompression and before transcoding so far.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.source.decoded_bytes()
    }

    /// Time spent reading, hashing, decompressing and transcoding so far.
    pub(super) fn busy(&self) -> Duration {
        self.busy
    }
}

/// UTF-8 text for the tests of what reads it.
#[cfg(test)]
pub(super) fn of_text<R: Read>(
    text: R,
    block_bytes: usize,
    expected: Option<Prefix>,
) -> Result<Input<R>, InputError> {
    let bounds = InputBounds {
        block_bytes,
        decoded_bytes_max: u64::MAX,
        decoded_ratio_max: u32::MAX,
    };
    Input::open(text, bounds, Some(Encoding::Utf8), expected)
}

//! The file decompressed, within bounds, with errors laid at the right door.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::zstd_safe::{get_error_name, zstd_sys::ZSTD_ErrorCode};

use super::compression::{Compression, MAGIC_BYTES};
use super::hashed::{Fault, HashedReader, Prefix};
use super::{InputBounds, InputError};

/// The largest window that a zstd file may need, as a power of two in bytes, and so the memory that
/// decompressing it may take: 128 MiB. It is the bound of the `zstd` command too.
pub(super) const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// A file's decompressed bytes.
pub(super) struct Source<R> {
    layer: Layer<R>,
    bounds: InputBounds,
    decoded_bytes: u64,
}

enum Layer<R> {
    Plain(Box<HashedReader<R>>),
    Gzip(Box<MultiGzDecoder<HashedReader<R>>>),
    Zstd(Box<ZstdDecoder<R>>),
}

type ZstdDecoder<R> = zstd::stream::read::Decoder<'static, HashedReader<R>>;

impl<R: Read> Source<R> {
    /// Looks at the first bytes.
    pub(super) fn open(
        reader: R,
        bounds: InputBounds,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let mut raw = HashedReader::new(reader, bounds.block_bytes, expected);
        let compression = match raw.peek(MAGIC_BYTES).map(Compression::of) {
            Ok(compression) => compression,
            Err(error) => return Err(fault(&mut raw, error)),
        };
        let layer = match compression {
            Compression::None => Layer::Plain(Box::new(raw)),
            Compression::Gzip => Layer::Gzip(Box::new(MultiGzDecoder::new(raw))),
            Compression::Zstd => Layer::Zstd(Box::new(zstd_decoder(raw).map_err(InputError::Io)?)),
        };
        Ok(Self {
            layer,
            bounds,
            decoded_bytes: 0,
        })
    }

    /// Fills `buffer` as far as the file reaches; less only at its end.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, InputError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = &mut buffer[filled..];
            let read = match &mut self.layer {
                Layer::Plain(raw) => raw.read(rest),
                Layer::Gzip(gzip) => gzip.read(rest),
                Layer::Zstd(zstd) => zstd.read(rest),
            };
            match read {
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.decoded_bytes += count as u64;
                    self.bounds
                        .check(self.raw().bytes(), self.decoded_bytes)
                        .map_err(|error| self.unless_changed(error))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(&error)),
            }
        }
        Ok(filled)
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
        let raw = self.raw_mut();
        raw.drain().map_err(|error| fault(raw, error))
    }

    /// This error, unless the file has changed since it was read before: then it need not be
    /// right in any way any more, and that it changed is the better news.
    pub(super) fn unless_changed(&mut self, error: InputError) -> InputError {
        self.drain_prefix().err().unwrap_or(error)
    }

    pub(super) fn compression(&self) -> Compression {
        match self.layer {
            Layer::Plain(_) => Compression::None,
            Layer::Gzip(_) => Compression::Gzip,
            Layer::Zstd(_) => Compression::Zstd,
        }
    }

    /// Bytes after decompression so far.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.decoded_bytes
    }

    pub(super) fn raw(&self) -> &HashedReader<R> {
        match &self.layer {
            Layer::Plain(raw) => raw,
            Layer::Gzip(gzip) => gzip.get_ref(),
            Layer::Zstd(zstd) => zstd.get_ref(),
        }
    }

    fn raw_mut(&mut self) -> &mut HashedReader<R> {
        match &mut self.layer {
            Layer::Plain(raw) => raw,
            Layer::Gzip(gzip) => gzip.get_mut(),
            Layer::Zstd(zstd) => zstd.get_mut(),
        }
    }

    /// Whose fault an error was: the reader's below, a changed file's, or the compression's.
    fn explain(&mut self, error: &io::Error) -> InputError {
        let raw = self.raw_mut();
        if raw.has_fault() {
            return fault(raw, error.kind().into());
        }
        let compression = self.compression();
        let raw_bytes = self.raw().bytes();
        let what = error.to_string();
        let explained = if error.kind() == io::ErrorKind::UnexpectedEof {
            InputError::Truncated {
                compression,
                raw_bytes,
            }
        } else if compression == Compression::Zstd && what == window_too_large() {
            InputError::WindowTooLarge
        } else {
            InputError::Corrupt {
                compression,
                raw_bytes,
                what,
            }
        };
        self.unless_changed(explained)
    }
}

fn zstd_decoder<R: Read>(raw: HashedReader<R>) -> io::Result<ZstdDecoder<R>> {
    let mut decoder = ZstdDecoder::with_buffer(raw)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// What the decompressor says to a window beyond the bound; its errors carry their text alone.
fn window_too_large() -> &'static str {
    let code = ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge as usize;
    // As a result, an error is its code's negative (zstd_errors.h).
    get_error_name(code.wrapping_neg())
}

fn fault<R: Read>(raw: &mut HashedReader<R>, error: io::Error) -> InputError {
    match raw.take_fault() {
        Some(Fault::Changed { prefix_bytes }) => InputError::ChangedSince { prefix_bytes },
        Some(Fault::Differently) => InputError::ReadDifferently,
        Some(Fault::Io(error)) => InputError::Io(error),
        None => InputError::Io(error),
    }
}

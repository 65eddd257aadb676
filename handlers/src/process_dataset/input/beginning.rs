//! What the first bytes of a file decide: whether it is text at all, and how it is to be read.

use super::binary::looks_binary;
use super::detect::{HEAD_BYTES, resolve};
use super::magic::foreign_format;
use super::transcode::Transcoder;
use super::{Compression, Encoding, EncodingBasis, InputError};

/// The beginning of a text.
pub(super) struct Beginning {
    pub(super) encoding: Encoding,
    pub(super) basis: EncodingBasis,
    /// For what follows; `None` for UTF-8, which passes as it is.
    pub(super) transcoder: Option<Transcoder>,
    /// In UTF-8, without the byte order mark.
    pub(super) text: Vec<u8>,
}

impl Beginning {
    /// From the first [`HEAD_BYTES`] after decompression, or fewer where the file has no more.
    pub(super) fn of(
        sample: Vec<u8>,
        compression: Compression,
        stated: Option<Encoding>,
    ) -> Result<Self, InputError> {
        if let Some(what) = foreign_format(&sample) {
            let what = match compression {
                Compression::None => what.to_owned(),
                compression => format!("{what} inside {compression}"),
            };
            return Err(InputError::ForeignFormat { what });
        }
        let (encoding, basis, mark_len) = resolve(&sample, stated)?;
        let mut transcoder = Transcoder::new(encoding, basis);
        let whole = sample.len() < HEAD_BYTES;
        let mut text = sample;
        text.drain(..mark_len);
        if let Some(transcoder) = &mut transcoder {
            let raw = std::mem::take(&mut text);
            transcoder.decode(&raw, whole, &mut text);
        }
        if text.is_empty() {
            return Err(InputError::Empty);
        }
        if looks_binary(&text) {
            return Err(InputError::NotText { encoding });
        }
        Ok(Self {
            encoding,
            basis,
            transcoder,
            text,
        })
    }
}

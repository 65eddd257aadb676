//! Decompression of pages, never to more bytes than were announced and allowed.
//!
//! The crate's own gzip goes on for as long as there is data, whatever the page's header says: a
//! page of 1 MB may become 1 GB. So pages are decompressed here.

use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;
use parquet::basic::Compression;

use super::super::input::InputError;
use super::fault::unsupported;

/// How a column's pages are compressed.
pub(super) enum Codec {
    Plain,
    Snappy(snap::raw::Decoder),
    Gzip,
    Zstd(Box<zstd::bulk::Decompressor<'static>>),
    /// A bare LZ4 block.
    Lz4,
}

impl Codec {
    /// The codec, or an error that names one that is not read.
    pub(super) fn of(compression: Compression) -> Result<Self, InputError> {
        let name = match compression {
            Compression::UNCOMPRESSED => return Ok(Self::Plain),
            Compression::SNAPPY => return Ok(Self::Snappy(snap::raw::Decoder::new())),
            Compression::GZIP(_) => return Ok(Self::Gzip),
            Compression::ZSTD(_) => {
                let decompressor = zstd::bulk::Decompressor::new().map_err(InputError::Io)?;
                return Ok(Self::Zstd(Box::new(decompressor)));
            }
            Compression::LZ4_RAW => return Ok(Self::Lz4),
            // Three framings went by this name before the format gave it up for LZ4_RAW.
            Compression::LZ4 => "the old LZ4",
            Compression::LZO => "LZO",
            Compression::BROTLI(_) => "Brotli",
        };
        Err(unsupported(format!(
            "it is compressed with {name}: write it with Zstandard, Snappy, gzip or LZ4_RAW"
        )))
    }

    /// Puts exactly `count` bytes behind those that `out` has; why not, in words.
    pub(super) fn expand(
        &mut self,
        stored: &[u8],
        count: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let start = out.len();
        let written = match self {
            Self::Plain => {
                out.extend_from_slice(stored);
                stored.len()
            }
            Self::Gzip => {
                out.reserve(count);
                let announced = count as u64;
                MultiGzDecoder::new(stored)
                    .take(announced.saturating_add(1))
                    .read_to_end(out)
                    .map_err(|error| error.to_string())?
            }
            Self::Snappy(decoder) => {
                out.resize(start + count, 0);
                let to = &mut out[start..];
                let written = decoder.decompress(stored, to);
                written.map_err(|error| error.to_string())?
            }
            Self::Zstd(decompressor) => {
                out.resize(start + count, 0);
                let to = &mut out[start..];
                let written = decompressor.decompress_to_buffer(stored, to);
                written.map_err(|error| error.to_string())?
            }
            Self::Lz4 => {
                out.resize(start + count, 0);
                let written = lz4_flex::block::decompress_into(stored, &mut out[start..]);
                written.map_err(|error| error.to_string())?
            }
        };
        if written == count {
            Ok(())
        } else {
            Err(format!("it is said to become {count} bytes and does not"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression as Level;
    use flate2::write::GzEncoder;
    use parquet::basic::{BrotliLevel, GzipLevel, ZstdLevel};

    use super::*;

    #[test]
    fn a_page_becomes_no_more_than_it_said() {
        let zeros = vec![0; 10_000_000];
        let mut gzip = GzEncoder::new(Vec::new(), Level::best());
        gzip.write_all(&zeros).unwrap();
        let stored = [
            (
                Compression::GZIP(GzipLevel::default()),
                gzip.finish().unwrap(),
            ),
            (
                Compression::ZSTD(ZstdLevel::default()),
                zstd::bulk::compress(&zeros, 3).unwrap(),
            ),
            (
                Compression::SNAPPY,
                snap::raw::Encoder::new().compress_vec(&zeros).unwrap(),
            ),
            (Compression::LZ4_RAW, lz4_flex::block::compress(&zeros)),
        ];
        for (compression, stored) in stored {
            let mut codec = Codec::of(compression).unwrap();
            for count in [0, 1, 1000, zeros.len() - 1, zeros.len() + 1] {
                let mut out = b"levels".to_vec();
                codec.expand(&stored, count, &mut out).unwrap_err();
                assert!(out.capacity() <= 2 * count + 64, "{compression:?} {count}");
            }
            let mut out = b"levels".to_vec();
            codec.expand(&stored, zeros.len(), &mut out).unwrap();
            assert!(out.starts_with(b"levels") && out[6..] == zeros);
        }
    }

    #[test]
    fn codecs_that_are_not_read_are_named() {
        for (compression, name) in [
            (Compression::LZ4, "the old LZ4"),
            (Compression::LZO, "LZO"),
            (Compression::BROTLI(BrotliLevel::default()), "Brotli"),
        ] {
            let error = Codec::of(compression).err().unwrap().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}

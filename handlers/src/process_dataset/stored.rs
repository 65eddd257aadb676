//! A file where it can be read from any place: on disk, or in memory.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use bytes::{Buf as _, Bytes};
use parquet::file::reader::Length;

use super::input::FileIdentity;

/// A whole file. Read as a stream it starts at the beginning and moves on; `read_at` needs no
/// place and moves nothing.
#[derive(Debug)]
pub enum Stored {
    /// On disk.
    File(File),
    /// In memory.
    Bytes(Bytes),
}

/// Bytes at the beginning that tell a format whose text they are not.
const HEAD_BYTES: usize = 64;

impl From<File> for Stored {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl From<Bytes> for Stored {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Stored {
    /// Its first bytes, as far as they tell its format.
    pub(super) fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; HEAD_BYTES];
        let filled = self.fill_at(0, &mut head)?;
        head.truncate(filled);
        Ok(head)
    }

    /// What the file system says of it now; `None` in memory, where nothing changes.
    pub(super) fn identity(&self) -> io::Result<Option<FileIdentity>> {
        match self {
            Self::File(file) => FileIdentity::of(file).map(Some),
            Self::Bytes(_) => Ok(None),
        }
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Exactly these bytes. Fails with `UnexpectedEof`, and before it takes memory for them, where
    /// the file ends earlier.
    pub(super) fn read_at(&self, offset: u64, count: usize) -> io::Result<Bytes> {
        let beyond = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let end = offset.checked_add(count as u64).ok_or_else(beyond)?;
        if end > self.length()? {
            return Err(beyond());
        }
        match self {
            Self::File(file) => {
                let mut buffer = vec![0; count];
                file.read_exact_at(&mut buffer, offset)?;
                Ok(buffer.into())
            }
            Self::Bytes(bytes) => {
                let start = usize::try_from(offset).map_err(|_| beyond())?;
                Ok(bytes.slice(start..start + count))
            }
        }
    }

    /// Fills the buffer as far as the file reaches from there; 0 at its end.
    pub(super) fn fill_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = offset + filled as u64;
            let read = match self {
                Self::File(file) => file.read_at(&mut buffer[filled..], at),
                Self::Bytes(bytes) => {
                    let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                    (&bytes[start..]).read(&mut buffer[filled..])
                }
            };
            match read {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Bytes(bytes) => {
                let count = bytes.len().min(buffer.len());
                bytes.copy_to_slice(&mut buffer[..count]);
                Ok(count)
            }
        }
    }
}

impl Length for Stored {
    fn len(&self) -> u64 {
        self.length().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn both(content: &'static [u8]) -> [Stored; 2] {
        let path = std::env::temp_dir().join(format!("nexus-stored-{}", std::process::id()));
        File::create(&path).unwrap().write_all(content).unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        [
            Stored::File(file),
            Stored::Bytes(Bytes::from_static(content)),
        ]
    }

    #[test]
    fn any_place_can_be_read_and_the_stream_is_not_moved() {
        for mut stored in both(b"0123456789") {
            assert_eq!(stored.length().unwrap(), 10);
            assert_eq!(&stored.read_at(3, 4).unwrap()[..], b"3456");
            assert_eq!(stored.read_at(10, 0).unwrap().len(), 0);
            for (offset, count) in [(7, 4), (11, 0), (u64::MAX, 2), (0, usize::MAX)] {
                let error = stored.read_at(offset, count).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            }
            let mut buffer = [0; 4];
            assert_eq!(stored.fill_at(8, &mut buffer).unwrap(), 2);
            assert_eq!(stored.fill_at(99, &mut buffer).unwrap(), 0);
            let mut text = String::new();
            stored.read_to_string(&mut text).unwrap();
            assert_eq!(text, "0123456789");
        }
    }
}

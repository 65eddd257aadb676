//! Raw bytes: counted and hashed as they are read, and compared with an earlier reading's.

use std::io::{self, BufRead, Read};

use sha2::{Digest as _, Sha256};

use super::Digest;

/// Bytes that are kept while the rest of an expected prefix is read. An earlier attempt had read a
/// block more than its records need; beyond this the file is another one, however large.
const AHEAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The beginning of a file: how long, and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Prefix {
    pub(in super::super) bytes: u64,
    pub(in super::super) sha256: Digest,
}

/// Why reading failed, where it was not for the compression. Decoders above wrap and reword
/// errors, so it is kept here for whoever wants to know.
pub(super) enum Fault {
    Io(io::Error),
    Changed { prefix_bytes: u64 },
    Differently,
}

/// Reads in blocks; small readers above (decompression) see the block, large ones bypass it.
pub(super) struct HashedReader<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
    block: Vec<u8>,
    position: usize,
    block_bytes: usize,
    expected: Option<Prefix>,
    fault: Option<Fault>,
}

impl<R: Read> HashedReader<R> {
    pub(super) fn new(inner: R, block_bytes: usize, expected: Option<Prefix>) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            bytes: 0,
            block: Vec::new(),
            position: 0,
            block_bytes: block_bytes.max(1),
            expected,
            fault: None,
        }
    }

    /// How much has been read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Everything read so far.
    pub(super) fn prefix(&self) -> Prefix {
        let sha256 = Digest::new(self.hasher.clone().finalize().into());
        Prefix {
            bytes: self.bytes,
            sha256,
        }
    }

    pub(super) fn has_fault(&self) -> bool {
        self.fault.is_some()
    }

    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// At least `count` bytes of what comes next, fewer only at the end.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.block.len() - self.position < count && self.extend_block()? {}
        Ok(&self.block[self.position..])
    }

    /// Reads up to the end of the expected prefix, keeping the bytes for later.
    pub(super) fn read_ahead(&mut self) -> io::Result<()> {
        while self.expected.is_some() && self.extend_block()? {
            if self.block.len() > AHEAD_BYTES_MAX {
                self.drain_prefix()?;
                self.fault = Some(Fault::Differently);
                return Err(io::Error::other("read differently"));
            }
        }
        Ok(())
    }

    /// Reads up to the end of the expected prefix, dropping the bytes.
    pub(super) fn drain_prefix(&mut self) -> io::Result<()> {
        while self.expected.is_some() && self.next_block()? {}
        Ok(())
    }

    /// Reads everything, dropping the bytes.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        while self.next_block()? {}
        Ok(())
    }

    /// Drops the block and reads the next; `false` at the end.
    fn next_block(&mut self) -> io::Result<bool> {
        self.position = 0;
        self.block.clear();
        self.extend_block()
    }

    /// Reads one more block behind what has not been consumed yet; `false` at the end.
    fn extend_block(&mut self) -> io::Result<bool> {
        self.block.drain(..self.position);
        self.position = 0;
        let kept = self.block.len();
        let mut block = std::mem::take(&mut self.block);
        block.resize(kept + self.block_bytes, 0);
        let read = self.read_raw(&mut block[kept..]);
        block.truncate(kept + read.as_ref().copied().unwrap_or(0));
        self.block = block;
        read.map(|count| count > 0)
    }

    /// The one place that reads. Stops at the end of the expected prefix to compare digests.
    fn read_raw(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let limit = match self.expected {
            Some(prefix) => usize::try_from(prefix.bytes - self.bytes).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let wanted = buffer.len().min(limit);
        let count = loop {
            match self.inner.read(&mut buffer[..wanted]) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let marker = io::Error::from(error.kind());
                    self.fault = Some(Fault::Io(error));
                    return Err(marker);
                }
            }
        };
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        if let Some(prefix) = self.expected {
            let shorter = count == 0 && wanted > 0;
            let complete = self.bytes == prefix.bytes;
            if shorter || complete && self.prefix() != prefix {
                self.fault = Some(Fault::Changed {
                    prefix_bytes: prefix.bytes,
                });
                return Err(io::Error::other("changed since"));
            }
            if complete {
                self.expected = None;
            }
        }
        Ok(count)
    }
}

impl<R: Read> Read for HashedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Half a block will do: whoever keeps the rest of the last one asks for a little less.
        if self.position == self.block.len() && buffer.len() >= self.block_bytes / 2 {
            return self.read_raw(buffer);
        }
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for HashedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.block.len() {
            self.next_block()?;
        }
        Ok(&self.block[self.position..])
    }

    fn consume(&mut self, count: usize) {
        self.position += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_is_far_ahead_is_compared_and_not_kept() {
        let bytes = 4 * AHEAD_BYTES_MAX as u64;
        let zeros = || io::repeat(0).take(bytes);
        let ahead = |expected| {
            let mut reader = HashedReader::new(zeros(), 1024 * 1024, Some(expected));
            reader.read_ahead().unwrap_err();
            assert!(reader.block.capacity() < 3 * AHEAD_BYTES_MAX);
            reader.take_fault()
        };
        let mut whole = HashedReader::new(zeros(), 1024 * 1024, None);
        whole.drain().unwrap();
        assert!(matches!(ahead(whole.prefix()), Some(Fault::Differently)));
        let sha256 = Digest::new([0; 32]);
        let other = Prefix { bytes, sha256 };
        assert!(
            matches!(ahead(other), Some(Fault::Changed { prefix_bytes }) if prefix_bytes == bytes)
        );
    }
}

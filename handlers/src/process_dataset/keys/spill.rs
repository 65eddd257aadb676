//! Sorted runs of hashes in a temporary file, and reading them in ascending order.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::HASH_BYTES;
use super::groups::Groups;

/// Bytes written or read at a time at most.
const BLOCK_BYTES: usize = 64 * 1024;

/// The runs written so far.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    /// Where each run ends, in bytes; it begins where the one before ends.
    ends: Vec<u64>,
    block: Vec<u8>,
}

impl Spill {
    /// A file without a name in the directory, which is made if it is missing.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        Ok(Self::over(tempfile::tempfile_in(directory)?))
    }

    pub(super) fn over(file: File) -> Self {
        Self {
            file,
            ends: Vec::new(),
            block: Vec::new(),
        }
    }

    /// Appends a run, which is sorted.
    pub(super) fn write(&mut self, run: &[u128]) -> io::Result<()> {
        for hashes in run.chunks(BLOCK_BYTES / HASH_BYTES) {
            self.block.clear();
            for hash in hashes {
                self.block.extend_from_slice(&hash.to_le_bytes());
            }
            self.file.write_all(&self.block)?;
        }
        let start = self.ends.last().copied().unwrap_or(0);
        self.ends.push(start + size_of_val(run) as u64);
        Ok(())
    }

    /// Gives all hashes to `groups` in ascending order, holding about `hashes_max` of them in
    /// each of two places: what is read ahead, shared by the runs, and `batch`, whose memory is
    /// used again.
    ///
    /// In each round every run is read ahead. Up to the smallest of the runs' last hashes that
    /// were read, no hash is left in the file, so these are taken out, sorted and given on.
    /// At least the run that has the smallest is then used up, so each round goes forward,
    /// however the hashes lie.
    pub(super) fn read_sorted(
        self,
        mut batch: Vec<u128>,
        hashes_max: usize,
        groups: &mut Groups,
    ) -> io::Result<()> {
        let Self {
            file,
            ends,
            mut block,
        } = self;
        let ahead_max = (hashes_max / ends.len().max(1)).max(1);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let mut runs: Vec<Run> = starts
            .zip(&ends)
            .map(|(at, &end)| Run::new(at, end))
            .collect();
        loop {
            for run in &mut runs {
                run.read_ahead(&file, ahead_max, &mut block)?;
            }
            let unfinished = runs.iter().filter(|run| run.at < run.end);
            let safe = unfinished.filter_map(|run| run.ahead.last()).min().copied();
            batch.clear();
            for run in &mut runs {
                run.take_up_to(safe, &mut batch);
            }
            batch.sort_unstable();
            groups.extend(&batch);
            if safe.is_none() {
                return Ok(());
            }
        }
    }
}

/// A run that is being read.
struct Run {
    /// The next byte to read.
    at: u64,
    end: u64,
    /// Hashes read and not yet taken, in ascending order.
    ahead: Vec<u128>,
}

impl Run {
    fn new(at: u64, end: u64) -> Self {
        Self {
            at,
            end,
            ahead: Vec::new(),
        }
    }

    /// Reads until `ahead_max` hashes are there or the run ends.
    fn read_ahead(&mut self, file: &File, ahead_max: usize, block: &mut Vec<u8>) -> io::Result<()> {
        while self.at < self.end && self.ahead.len() < ahead_max {
            let wanted = (ahead_max - self.ahead.len()) * HASH_BYTES;
            let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            block.resize(wanted.min(left).min(BLOCK_BYTES), 0);
            file.read_exact_at(block, self.at)?;
            let (hashes, _) = block.as_chunks();
            self.ahead
                .extend(hashes.iter().map(|&hash| u128::from_le_bytes(hash)));
            self.at += block.len() as u64;
        }
        Ok(())
    }

    /// Moves the hashes that are not above the bound; without one, all.
    fn take_up_to(&mut self, bound: Option<u128>, batch: &mut Vec<u128>) {
        let taken = bound.map_or(self.ahead.len(), |bound| {
            self.ahead.partition_point(|&hash| hash <= bound)
        });
        batch.extend(self.ahead.drain(..taken));
    }
}

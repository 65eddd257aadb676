//! Noticing that a file is not the same any more.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

/// What the file system says of a file at one moment.
///
/// Equal identities before and after reading do not prove that nobody wrote in between: the file
/// system's clock has ticks of milliseconds, maps of memory are written late, and a time can be set
/// back. The time of change, which cannot, is not looked at: moving a file changes it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
    len: u64,
    /// When the content was last written: seconds since 1970, nanoseconds.
    modified: (i64, i64),
}

impl FileIdentity {
    /// Of an open file, now.
    pub fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// The file's size in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// No byte is in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What has changed between this and `later`, to follow "while it was read"; `None` if nothing.
    pub fn changed(&self, later: &Self) -> Option<String> {
        if (self.device, self.inode) != (later.device, later.inode) {
            Some("another file took its place".to_owned())
        } else if self.len != later.len {
            Some(format!(
                "its size went from {} to {} bytes",
                self.len, later.len
            ))
        } else if self.modified != later.modified {
            Some("it was written to".to_owned())
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn every_change_of_a_real_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"a,b\n").unwrap();
        // Long ago, so that what comes now differs whatever the ticks of the file system's clock.
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_modified(long_ago).unwrap();
        let first = FileIdentity::of(&file).unwrap();
        assert_eq!(first.len(), 4);
        assert_eq!(first.changed(&FileIdentity::of(&file).unwrap()), None);
        assert_eq!(
            first.changed(&FileIdentity::of(&File::open(&path).unwrap()).unwrap()),
            None
        );

        file.write_all(b"1,2\n").unwrap();
        let grown = FileIdentity::of(&file).unwrap();
        insta::assert_snapshot!(first.changed(&grown).unwrap(), @"its size went from 4 to 8 bytes");

        file.set_len(4).unwrap();
        let written = FileIdentity::of(&file).unwrap();
        insta::assert_snapshot!(first.changed(&written).unwrap(), @"it was written to");

        std::fs::rename(&path, folder.path().join("moved.csv")).unwrap();
        std::fs::write(&path, b"a,b\n").unwrap();
        let replaced = FileIdentity::of(&File::open(&path).unwrap()).unwrap();
        insta::assert_snapshot!(first.changed(&replaced).unwrap(), @"another file took its place");
    }
}

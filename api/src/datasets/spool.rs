//! Files on their way into the spool directory.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncWriteExt, BufWriter};
use uuid::Uuid;

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// Who may read an upload: the user that runs the servers, and its group.
const MODE: u32 = 0o640;

/// A file that is removed when this is dropped, unless it is kept.
#[derive(Debug)]
pub(super) struct Spooled {
    path: PathBuf,
    kept: bool,
}

/// A file that is being written, under a name that nobody loads.
#[derive(Debug)]
pub(super) struct Part {
    file: BufWriter<File>,
    written: Spooled,
    directory: PathBuf,
    id: Uuid,
}

impl Spooled {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file where it is.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            let path = self.path.display();
            tracing::warn!(%path, %error, "an abandoned upload stays in the spool directory");
        }
    }
}

impl Part {
    /// A new file in `directory`, which is made if it is missing.
    pub(super) async fn create(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory).await?;
        // Absolute, so that it is the same file to whoever loads it.
        let directory = fs::canonicalize(directory).await?;
        let id = Uuid::new_v4();
        let path = directory.join(format!("{id}.part"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(MODE);
        let file = options.open(&path).await?;
        Ok(Self {
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            written: Spooled { path, kept: false },
            directory,
            id,
        })
    }

    /// Appends.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    /// Gives the file its name once its bytes are on disk, and the name is too: the job that loads
    /// it is durable from the next commit on.
    pub(super) async fn finish(mut self) -> io::Result<Spooled> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        let path = self.directory.join(self.id.to_string());
        fs::rename(&self.written.path, &path).await?;
        self.written.path = path;
        File::open(&self.directory).await?.sync_all().await?;
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_finished_file_has_all_its_bytes_and_goes_unless_kept() {
        let dir = TempDir::new().unwrap();
        let spool = dir.path().join("made");
        let mut part = Part::create(&spool).await.unwrap();
        part.write(b"a,b\n").await.unwrap();
        assert!(names(&spool)[0].contains(".part"));
        let file = part.finish().await.unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"a,b\n");
        assert!(!names(&spool)[0].contains(".part"));
        drop(file);
        assert!(names(&spool).is_empty());
        Part::create(&spool)
            .await
            .unwrap()
            .finish()
            .await
            .unwrap()
            .keep();
        assert_eq!(names(&spool).len(), 1);
    }

    #[tokio::test]
    async fn an_abandoned_part_is_removed() {
        let dir = TempDir::new().unwrap();
        let mut part = Part::create(dir.path()).await.unwrap();
        part.write(b"a").await.unwrap();
        drop(part);
        assert!(names(dir.path()).is_empty());
    }
}

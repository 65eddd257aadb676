//! Writing generated rows to a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_handlers::generate::{Expected, Generator};

use super::generated::Generated;
use crate::exit::{Exit, Failure, PipeClosed};
use crate::output::number::grouped;
use crate::output::progress::Progress;

/// Where generated rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Stdout,
    File { path: PathBuf, gzip: bool },
}

impl Place {
    /// `-` is standard output; a file is compressed if its name ends in `.gz`.
    pub(crate) fn new(path: PathBuf) -> Self {
        if path == Path::new("-") {
            return Self::Stdout;
        }
        let gzip = path.extension().is_some_and(|end| end == "gz");
        Self::File { path, gzip }
    }
}

/// Generates rows. A file appears under its name only when it is whole.
pub(crate) fn write(generator: &Generator, place: &Place) -> anyhow::Result<Generated> {
    let mut progress = Progress::start("generating", Some(generator.rows));
    let (expected, file) = match place {
        Place::Stdout => {
            let out = Counting::new(io::stdout().lock(), &mut progress);
            (generator.write(out).map_err(closed)?, None)
        }
        Place::File { path, gzip } => {
            let written = to_file(generator, path, *gzip, &mut progress);
            let expected = written.map_err(|error| {
                Failure::new(Exit::Usage, format!("{}: {error}", path.display()))
                    .hint("--out FILE chooses another place")
            })?;
            (expected, Some(path.clone()))
        }
    };
    progress.end();
    Ok(Generated {
        file,
        bytes: expected.bytes,
        rows: expected.rows,
        loaded: expected.loaded,
        rejected: expected.rejected,
        currencies: expected.currencies,
    })
}

fn closed(error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        PipeClosed.into()
    } else {
        anyhow::Error::new(error).context("writing to standard output")
    }
}

fn to_file(
    generator: &Generator,
    path: &Path,
    gzip: bool,
    progress: &mut Progress,
) -> io::Result<Expected> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let file = BufWriter::new(File::create(&partial)?);
    let expected = if gzip {
        let mut encoder = GzEncoder::new(file, Compression::fast());
        let expected = generator.write(Counting::new(&mut encoder, progress))?;
        encoder.finish()?.flush()?;
        expected
    } else {
        generator.write(Counting::new(file, progress))?
    };
    fs::rename(&partial, path)?;
    Ok(expected)
}

/// Counts lines on their way, to show progress.
struct Counting<'a, W> {
    out: W,
    lines: u64,
    progress: &'a mut Progress,
}

impl<'a, W> Counting<'a, W> {
    fn new(out: W, progress: &'a mut Progress) -> Self {
        Self {
            out,
            lines: 0,
            progress,
        }
    }
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        let written = self.out.write(block)?;
        let lines = block
            .iter()
            .take(written)
            .filter(|byte| **byte == b'\n')
            .count();
        self.lines += lines as u64;
        self.progress
            .at(self.lines, &format!("{} rows", grouped(self.lines)));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_the_form() {
        assert_eq!(Place::new("-".into()), Place::Stdout);
        let gzip = |name: &str| matches!(Place::new(name.into()), Place::File { gzip: true, .. });
        assert!(gzip("a/b.csv.gz"));
        assert!(!gzip("a/b.csv"));
    }
}

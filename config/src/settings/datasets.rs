//! `[datasets]`

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;

/// Loading the data that is examined.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Datasets {
    /// Directories that the path of a file to load may lie under. None: no path is allowed, only
    /// uploads.
    pub roots: Vec<PathBuf>,
    /// Directory that uploads are written to until they are loaded.
    pub spool: PathBuf,
    /// Share of rejected rows, from 0 to 1, above which a load fails.
    pub reject_share_max: f64,
    /// Raw text kept of one rejected row.
    pub reject_raw_bytes_max: Bytes,
    /// Rejected rows kept of one dataset.
    pub rejects_kept_max: u64,
    /// Size of one line.
    pub line_bytes_max: Bytes,
    /// Rows that are copied in one transaction.
    pub chunk_rows: usize,
    /// Bytes read from the file at once.
    pub read_block: Bytes,
}

impl Datasets {
    pub(super) fn check(&self, checks: &mut Checks) {
        let named = |path: &Path| !path.as_os_str().is_empty();
        checks.require(
            self.roots.iter().all(|root| named(root)),
            &["datasets.roots"],
            "one of them is empty",
            "directories; \".\" is the working directory",
        );
        checks.require(
            named(&self.spool),
            &["datasets.spool"],
            "it is empty",
            "a directory",
        );
        // Written so that "not a number" fails too.
        checks.require(
            (0.0..=1.0).contains(&self.reject_share_max),
            &["datasets.reject_share_max"],
            format_args!("{} is no share", self.reject_share_max),
            "a number from 0 to 1",
        );
        checks.at_least(
            "datasets.line_bytes_max",
            self.line_bytes_max,
            Bytes::new(1),
        );
        checks.at_least("datasets.chunk_rows", self.chunk_rows, 1);
        checks.at_least("datasets.read_block", self.read_block, Bytes::new(1));
    }
}

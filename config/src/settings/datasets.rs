//! `[datasets]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::stores::{Store, stores};
use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::span::Span;

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
    /// Months that the dates of one file may fall into.
    pub months_max: usize,
    /// Rows that are copied in one transaction.
    pub chunk_rows: usize,
    /// Bytes read from the file at once.
    pub read_block: Bytes,
    /// Size of one file once it is decompressed.
    pub decoded_bytes_max: Bytes,
    /// Bytes of a decompressed file for each compressed one.
    pub decoded_ratio_max: u32,
    /// Size of one object that is fetched from a store.
    pub fetch_bytes_max: Bytes,
    /// Longest wait for a store's next byte.
    pub fetch_timeout: Span,
    /// Tries in a row without a byte before a fetch is given up.
    pub fetch_attempts: u32,
    /// First pause between such tries.
    pub fetch_retry_base: Span,
    /// Longest pause between them.
    pub fetch_retry_cap: Span,
    /// The stores that files may be loaded from, by name.
    #[serde(deserialize_with = "stores")]
    pub stores: BTreeMap<String, Store>,
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
        checks.at_least("datasets.months_max", self.months_max, 1);
        checks.at_least("datasets.chunk_rows", self.chunk_rows, 1);
        checks.at_least("datasets.read_block", self.read_block, Bytes::new(1));
        let one = Bytes::new(1);
        checks.at_least("datasets.decoded_bytes_max", self.decoded_bytes_max, one);
        checks.at_least("datasets.decoded_ratio_max", self.decoded_ratio_max, 1);
        self.check_fetching(checks);
    }

    fn check_fetching(&self, checks: &mut Checks) {
        let one = Bytes::new(1);
        checks.at_least("datasets.fetch_bytes_max", self.fetch_bytes_max, one);
        checks.lasting("datasets.fetch_timeout", self.fetch_timeout);
        checks.at_least("datasets.fetch_attempts", self.fetch_attempts, 1);
        checks.lasting("datasets.fetch_retry_base", self.fetch_retry_base);
        checks.not_above(
            ("datasets.fetch_retry_base", self.fetch_retry_base),
            ("datasets.fetch_retry_cap", self.fetch_retry_cap),
        );
        for (name, store) in &self.stores {
            store.check(name, checks);
        }
    }
}

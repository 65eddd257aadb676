//! A file decoded beforehand, so that only copying is measured.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use chrono::NaiveDate;
use nexus_handlers::process_dataset::chunk::RowScope;
use nexus_handlers::process_dataset::decoder::Decoder;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::profiles;
use nexus_handlers::process_dataset::settings::DecodeSettings;
use nexus_handlers::process_dataset::text::month::MonthKey;
use nexus_schema::copy::LeafRows;

/// Rows as COPY wants them, in chunks, by month.
pub(super) struct Encoded {
    chunks: Vec<Vec<(Option<NaiveDate>, Bytes)>>,
    /// How many they are.
    pub(super) rows: i64,
}

impl Encoded {
    /// The rows of a file that a shipped profile reads.
    pub(super) fn of(file: &Path, profile: &str, chunk_rows: usize) -> anyhow::Result<Self> {
        let toml = profiles::shipped(profile).context("the shipped profile is missing")?;
        // Dataset 0 is nobody's: these rows count nowhere.
        let scope = RowScope {
            tenant_id: 0,
            case_id: 0,
            dataset_id: 0,
            rows_before: 0,
        };
        let settings = DecodeSettings {
            chunk_rows: chunk_rows as u64,
            ..DecodeSettings::default()
        };
        let profile = Arc::new(Profile::parse(toml)?);
        let mut decoder = Decoder::start(File::open(file)?, profile, scope, settings)?;
        let mut encoded = Self {
            chunks: Vec::new(),
            rows: 0,
        };
        while let Some(chunk) = decoder.next_chunk()? {
            let months = chunk.months.into_iter().map(|rows| {
                encoded.rows += i64::try_from(rows.rows).unwrap_or(0);
                (rows.month.map(MonthKey::first_day), rows.payload.into())
            });
            encoded.chunks.push(months.collect());
        }
        Ok(encoded)
    }

    /// The chunks, to be copied once more; their bytes are shared.
    pub(super) fn leaves(&self) -> Vec<Vec<LeafRows>> {
        let leaves = |chunk: &Vec<(Option<NaiveDate>, Bytes)>| {
            let rows = chunk.iter().cloned();
            rows.map(|(month, bytes)| LeafRows { month, bytes })
                .collect()
        };
        self.chunks.iter().map(leaves).collect()
    }
}

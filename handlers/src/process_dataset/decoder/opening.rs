//! Opening a file in the format that it is in.

use std::sync::Arc;

use super::super::chunk::RowScope;
use super::super::csv_file::CsvFile;
use super::super::format::{About, Format, FormatChoice, format_of};
use super::super::input::{Input, InputBounds, InputError, Prefix, is_parquet};
use super::super::json_lines::JsonLines;
use super::super::layout::Naming;
use super::super::parquet_file::{ParquetBounds, ParquetFile};
use super::super::profile::{Profile, Source};
use super::super::settings::DecodeSettings;
use super::super::stored::Stored;
use super::AnyEngine;
use super::engine::Engine;

/// Opens the file, tells its format, and fits its columns to the profile.
pub(super) fn open(
    stored: Stored,
    profile: Arc<Profile>,
    scope: RowScope,
    settings: DecodeSettings,
    expected: Option<Prefix>,
) -> Result<(AnyEngine, About), InputError> {
    let parquet = match profile.format {
        FormatChoice::Auto => is_parquet(&stored.head().map_err(InputError::Io)?),
        FormatChoice::Stated(format) => format == Format::Parquet,
    };
    if parquet {
        let bounds = ParquetBounds {
            decoded_bytes_max: settings.decoded_bytes_max,
            decoded_ratio_max: settings.decoded_ratio_max.into(),
            ..ParquetBounds::default()
        };
        let file = ParquetFile::open(stored, &bounds, profile.doubles, expected)?;
        let naming = Naming::NamesAndPositions;
        let engine = Engine::new(file, naming, false, profile, scope, settings)?;
        let engine = AnyEngine::Parquet(Box::new(engine));
        return Ok((engine, About::parquet()));
    }
    let bounds = InputBounds {
        block_bytes: settings.block_bytes,
        decoded_bytes_max: settings.decoded_bytes_max,
        decoded_ratio_max: settings.decoded_ratio_max,
    };
    let input = Input::open(stored, bounds, profile.encoding, expected)?;
    let format = format_of(profile.format, input.head())?;
    let about = About {
        format,
        compression: input.compression(),
        encoding: Some((input.encoding(), input.encoding_basis())),
    };
    let (block, record) = (settings.block_bytes, settings.record_bytes_max);
    let engine = if format == Format::JsonLines {
        let file = JsonLines::open(input, keys(&profile), block, record)?;
        let naming = Naming::NamesOnly;
        let engine = Engine::new(file, naming, false, profile, scope, settings)?;
        AnyEngine::JsonLines(Box::new(engine))
    } else {
        let file = CsvFile::open(input, profile.csv, block, record)?;
        let naming = Naming::NamesAndPositions;
        let header = profile.csv.header;
        let engine = Engine::new(file, naming, header, profile, scope, settings)?;
        AnyEngine::Csv(Box::new(engine))
    };
    Ok((engine, about))
}

/// The keys that the profile names, each once.
fn keys(profile: &Profile) -> Vec<String> {
    let mut keys: Vec<String> = profile
        .columns
        .values()
        .filter_map(|source| match source {
            Source::Name(name) => Some(name.clone()),
            Source::Position(_) | Source::Ordinal => None,
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

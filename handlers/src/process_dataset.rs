//! `process_dataset`: a file of transactions, expenses or bank statements into its table.
//!
//! The pure core: [`decoder::Decoder`] reads CSV, plain or gzip, by a [`profile::Profile`] and
//! gives [`chunk::Chunk`]s of rows that are checked, standardised and already encoded for COPY,
//! each with the [`checkpoint::Checkpoint`] from which a later attempt goes on.

pub mod cell;
pub mod checkpoint;
pub mod chunk;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "formats are being moved behind it")
)]
mod csv_file;
pub mod decoder;
mod decoding;
mod handler;
mod header;
pub mod input;
mod json_lines;
pub mod keys;
mod loading;
mod opening;
pub mod orphans;
#[expect(dead_code, reason = "the decoder is being taught formats")]
pub mod parquet_file;
pub mod profile;
pub mod profiles;
#[cfg(test)]
mod real_files;
#[expect(dead_code, reason = "formats are being moved behind it")]
mod record_source;
mod records;
pub mod reject;
mod rejects;
mod report;
pub mod settings;
mod standardise;
pub mod statistics;
pub mod stored;
pub mod table;
pub mod tally;
pub mod text;
pub mod value;
mod verdict;

pub use handler::DatasetLoader;

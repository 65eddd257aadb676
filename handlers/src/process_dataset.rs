//! `process_dataset`: a file of examined or of reference data into its table.
//!
//! The pure core: [`decoder::Decoder`] reads CSV, JSON Lines or Parquet by a [`profile::Profile`]
//! and gives [`chunk::Chunk`]s of rows that are checked, standardised and already encoded for COPY,
//! each with the [`checkpoint::Checkpoint`] from which a later attempt goes on. A format is a
//! [`record_source::RecordSource`]; what follows it is the same for all.

pub mod cell;
pub mod checkpoint;
pub mod chunk;
mod columns;
mod csv_file;
pub mod decoder;
mod decoding;
pub mod format;
mod handler;
pub mod head;
mod header;
pub mod input;
mod json_lines;
pub mod keys;
mod layout;
mod loading;
pub mod orphans;
pub mod parquet_file;
pub mod profile;
pub mod profiles;
#[cfg(test)]
mod real_files;
mod record_source;
mod records;
pub mod reject;
mod rejects;
mod repeated;
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

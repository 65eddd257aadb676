//! COPY: rows to Postgres in bulk, in the server's binary format.

pub mod encode;
mod loader;

pub use loader::{ChunkToLoad, LeafRows, Loader, Loaders};

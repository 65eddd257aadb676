//! COPY: rows to Postgres in bulk, in the server's binary format.

pub mod encode;
mod indexed;
mod loader;

pub use indexed::{Indexed, copy_into};
pub use loader::{ChunkToLoad, LeafRows, Loader, Loaders};

//! One chunk to Postgres.

use bytes::Bytes;
use nexus_jobs::LoadId;
use nexus_schema::copy::{ChunkToLoad, LeafRows, Loader};
use nexus_workers::Context;

use super::chunk::Chunk;
use super::text::month::MonthKey;

/// Loads a chunk and gives its buffers back.
pub(super) async fn load_chunk(
    loader: &mut Loader,
    table: &str,
    load: LoadId,
    mut chunk: Chunk,
    ctx: &Context,
) -> anyhow::Result<Chunk> {
    let months: Vec<Bytes> = chunk
        .months
        .iter_mut()
        .map(|rows| Bytes::from(std::mem::take(&mut rows.payload)))
        .collect();
    let rejects = Bytes::from(std::mem::take(&mut chunk.rejects));
    let leaves = chunk
        .months
        .iter()
        .zip(&months)
        .map(|(rows, bytes)| LeafRows {
            month: rows.month.map(MonthKey::first_day),
            bytes: bytes.clone(),
        })
        .collect();
    let to_load = ChunkToLoad {
        table,
        leaves,
        rejects: (chunk.rejected > 0).then(|| rejects.clone()),
        load,
        checkpoint: serde_json::to_string(&chunk.checkpoint)?,
        job: ctx.job(),
        token: ctx.token(),
    };
    loader.load(to_load).await?;
    for (rows, bytes) in chunk.months.iter_mut().zip(months) {
        rows.payload = buffer(bytes);
    }
    chunk.rejects = buffer(rejects);
    Ok(chunk)
}

/// The buffer again, now that the connection is done with it. Should it not be,
/// a new one is made when needed.
fn buffer(bytes: Bytes) -> Vec<u8> {
    bytes.try_into_mut().map(Vec::from).unwrap_or_default()
}

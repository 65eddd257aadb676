//! Recognising a file whose bytes the case has already, before any of its rows is loaded.

use std::fs::File;
use std::io::{self, Read, Seek};

use anyhow::Context as _;
use nexus_jobs::CaseId;
use nexus_schema::datasets::{EarlierLoad, StartedLoad, same_bytes};
use nexus_workers::Context;
use sha2::{Digest as _, Sha256};

use super::input::Digest;

/// Bytes that are hashed at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// Why the file is refused; `None` where its bytes are new, or the load is forced. Leaves the file
/// at its beginning. It is read through only if the case has a load of exactly its size.
pub(super) async fn loaded_before(
    file: &File,
    started: &StartedLoad,
    ctx: &Context,
) -> anyhow::Result<Option<String>> {
    // An attempt that resumes was not refused by the first.
    if started.forced || started.checkpoint.is_some() {
        return Ok(None);
    }
    let bytes = file.metadata().context("the file's size")?.len();
    let earlier = {
        let mut conn = ctx.pool().get().await?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        same_bytes(&mut conn, CaseId(started.case_id), bytes).await?
    };
    if earlier.is_empty() {
        return Ok(None);
    }
    let file = file.try_clone().context("the file")?;
    let hashing = ctx.blocking().run(move || hash(file));
    let sha256 = hashing.await?.context("reading the file")?.to_string();
    let mut same = earlier.iter().filter(|load| load.sha256 == sha256);
    Ok(same.next().map(EarlierLoad::refusal))
}

fn hash(mut file: File) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => hasher.update(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // Its copy shares the place.
    file.rewind()?;
    Ok(Digest::new(hasher.finalize().into()))
}

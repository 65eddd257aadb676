//! Writes the seeds where coverage-guided fuzzing starts from, a file each.
//!
//! ```text
//! cargo run -p nexus-handlers --example fuzz_corpus -- fuzz/corpus/decode
//! ```

#[expect(
    dead_code,
    reason = "only the seeds are written, not what is done to them"
)]
#[expect(
    clippy::expect_used,
    reason = "what is compressed in memory cannot fail"
)]
#[path = "../tests/fuzz/corpus.rs"]
mod corpus;

use std::path::PathBuf;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let directory = std::env::args_os().nth(1).context("a directory")?;
    let directory = PathBuf::from(directory);
    std::fs::create_dir_all(&directory)?;
    for (name, seed) in corpus::files() {
        std::fs::write(directory.join(name.replace(' ', "-")), seed)?;
    }
    Ok(())
}

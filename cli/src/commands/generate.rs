//! `nexus generate`

mod generated;
mod writing;

use std::path::PathBuf;

use clap::Args;
use nexus_handlers::generate::Generator;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::{Look, note};
pub(crate) use generated::Generated;
pub(crate) use writing::{Place, write};

/// What to generate.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Rows, the faulty ones included
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    rows: u64,
    /// Another seed, other rows; the same seed, the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The file, gzip if it ends in .gz; - for standard output [default: generated-ROWS-SEED.csv
    /// in the first directory of datasets.roots]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: GenerateArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let generator = Generator {
        rows: args.rows,
        seed: args.seed,
        ..Generator::default()
    };
    let path = args.out.unwrap_or_else(|| {
        let root = invocation
            .settings
            .datasets
            .roots
            .first()
            .cloned()
            .unwrap_or_default();
        root.join(format!("generated-{}-{}.csv", args.rows, args.seed))
    });
    let place = Place::new(path);
    let to_stdout = place == Place::Stdout;
    let generated = tokio::task::spawn_blocking(move || write(&generator, &place)).await??;
    if to_stdout {
        // The rows took standard output.
        note(&generated.render(&Look::of_stdout()));
    } else {
        invocation.output.show(&generated, Generated::render)?;
    }
    Ok(Exit::Ok)
}

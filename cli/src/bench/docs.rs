//! The tables in `docs/benchmarks.md`, a subject each, refreshed between their markers.

use std::path::Path;

use anyhow::Context as _;

use super::figure::{Figure, readable};

const END: &str = "<!-- end of figures -->";

/// Writes a subject's figures and the machine between the subject's markers of a file.
pub(super) fn refresh(path: &Path, subject: &str, figures: &[Figure]) -> anyhow::Result<()> {
    let begin = format!("<!-- {subject} figures: written by ");
    let text = std::fs::read_to_string(path)?;
    let (before, rest) = text
        .split_once(&begin)
        .with_context(|| format!("no marker for the begin of the {subject} figures"))?;
    let (writer, rest) = rest.split_once("-->").context("a marker without its end")?;
    let (_, after) = rest
        .split_once(END)
        .context("no marker for the figures' end")?;
    let table = table(figures);
    let machine = machine();
    std::fs::write(
        path,
        format!("{before}{begin}{writer}-->\n\n{machine}\n\n{table}\n{END}{after}"),
    )?;
    Ok(())
}

fn table(figures: &[Figure]) -> String {
    let mut text =
        String::from("| figure | value | unit | ceiling | ratio |\n|---|---:|---|---:|---:|\n");
    for figure in figures {
        let ceiling = figure.ceiling.map(readable).unwrap_or_default();
        let ratio = figure
            .ratio
            .map(|ratio| format!("{ratio:.2}"))
            .unwrap_or_default();
        let value = readable(figure.value);
        text += &format!(
            "| `{}` | {value} | {} | {ceiling} | {ratio} |\n",
            figure.name, figure.unit
        );
    }
    text
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("a processor of unknown make", |name| {
            name.trim_start_matches([' ', '\t', ':'])
        });
    let date = chrono::Utc::now().date_naive();
    format!(
        "Measured {date} with nexus {} on {cores} cores of {model}, Linux {}; Postgres and Redis \
         on the same machine.",
        env!("CARGO_PKG_VERSION"),
        rustix::system::uname().release().to_string_lossy(),
    )
}

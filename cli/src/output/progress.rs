//! Progress of long work, on standard error: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::note;
use super::number::grouped;

/// Pause between lines where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

const KNOWN: &str = "{prefix} [{bar:24}] {percent:>3}%  {msg}";
const UNKNOWN: &str = "{prefix} {spinner} {msg}";

/// Progress of one piece of work.
#[derive(Debug)]
pub(crate) struct Progress {
    label: &'static str,
    bar: Option<ProgressBar>,
    total: Option<u64>,
    started: Instant,
    told: Instant,
}

impl Progress {
    /// Starts to show progress, towards a total if it is known.
    pub(crate) fn start(label: &'static str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(label, total));
        Self {
            label,
            bar,
            total,
            started: Instant::now(),
            told: Instant::now(),
        }
    }

    /// So much is done.
    pub(crate) fn at(&mut self, done: u64, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_owned());
            bar.set_position(done);
            bar.tick();
        } else if self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            let label = self.label;
            match self.total {
                Some(total) => note(&format!("{label}: {message} of {}", grouped(total))),
                None => note(&format!("{label}: {message}")),
            }
        }
    }

    /// Ends; the bar goes, and what was found is for the caller to say.
    pub(crate) fn end(self) -> Duration {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.started.elapsed()
    }
}

fn bar(label: &'static str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), KNOWN),
        None => (ProgressBar::new_spinner(), UNKNOWN),
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌ ");
    bar.with_style(style).with_prefix(label)
}

//! What commands print: results on standard output, everything else on standard error.

pub(crate) mod look;
pub(crate) mod number;
pub(crate) mod page;
pub(crate) mod paging;
pub(crate) mod progress;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod time;

use std::io::{self, Write};

use anyhow::Context as _;
use serde::Serialize;

use crate::exit::PipeClosed;
pub(crate) use look::Look;

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// One JSON document if `json`, text for people otherwise.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON is wanted.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: as JSON, or as `human` writes it.
    pub(crate) fn show<T: Serialize + ?Sized>(
        self,
        result: &T,
        human: impl FnOnce(&T, &Look) -> String,
    ) -> anyhow::Result<()> {
        let text = if self.json {
            serde_json::to_string_pretty(result).context("writing the result as JSON")?
        } else {
            human(result, &Look::of_stdout())
        };
        print(&text)
    }

    /// Prints a line about what was done, unless JSON is wanted.
    pub(crate) fn say(self, line: &str) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { print(line) }
    }
}

/// Prints text to standard output, with a line's end if it has none.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| {
            if text.is_empty() || text.ends_with('\n') {
                Ok(())
            } else {
                out.write_all(b"\n")
            }
        })
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(PipeClosed.into()),
        other => other.context("writing to standard output"),
    }
}

/// Tells people something on standard error.
pub(crate) fn note(line: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

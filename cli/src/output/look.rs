//! How wide and how colourful the output may be.

use std::io::IsTerminal;

use chrono::{DateTime, Utc};

use super::style::Style;

/// Columns of an output that is no terminal, in characters.
const WIDTH_DEFAULT: u16 = 80;

/// The narrowest terminal that is laid out for, in characters.
const WIDTH_LEAST: u16 = 60;

/// How the output is to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Columns, in characters.
    pub(crate) width: u16,
    /// Whether to colour.
    pub(crate) colour: bool,
    /// The present time, for "5 s ago".
    pub(crate) now: DateTime<Utc>,
}

impl Look {
    /// What fits standard output: colour only on a terminal, and not where `NO_COLOR` is set.
    pub(crate) fn of_stdout() -> Self {
        let out = std::io::stdout();
        let terminal = out.is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let size = terminal
            .then(|| rustix::termios::tcgetwinsize(&out).ok())
            .flatten();
        let width = size.map_or(WIDTH_DEFAULT, |size| size.ws_col);
        Self {
            // A terminal that does not know its width says 0.
            width: if width == 0 {
                WIDTH_DEFAULT
            } else {
                width.max(WIDTH_LEAST)
            },
            colour: terminal && !no_colour,
            now: Utc::now(),
        }
    }

    /// The text in a style, if the output is coloured.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.colour {
            style.paint(text)
        } else {
            text.to_owned()
        }
    }

    /// As tests want it: 80 columns, no colour, a fixed time.
    #[cfg(test)]
    pub(crate) fn fixed() -> Self {
        Self {
            width: WIDTH_DEFAULT,
            colour: false,
            now: DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default(),
        }
    }
}

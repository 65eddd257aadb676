//! Collecting what is wrong with a profile instead of stopping at the first.

use std::fmt::Display;
use std::str::FromStr;

/// Mistakes found so far, each with the setting that it is about.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    lines: Vec<String>,
}

impl Mistakes {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    pub(super) fn add(&mut self, setting: impl Display, what: impl Display) {
        self.lines.push(format!("{setting}: {what}"));
    }

    /// One of a fixed set of names.
    pub(super) fn named<T: Copy>(
        &mut self,
        setting: impl Display,
        text: &str,
        choices: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = choices.iter().copied().find(|&choice| name(choice) == text);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|&choice| name(choice)).collect();
            self.add(
                setting,
                format_args!("{text:?} is not one of {}", names.join(", ")),
            );
        }
        found
    }

    /// A text that its type can read.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        setting: impl Display,
        text: &str,
        wanted: &str,
    ) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.add(setting, format_args!("{text:?} should be {wanted}"));
        }
        parsed
    }
}

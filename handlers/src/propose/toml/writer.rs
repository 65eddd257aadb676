//! Lines of TOML.

use std::fmt::Write as _;

/// Characters of a line of comment, unless a single word is longer.
const LINE_CHARS_MAX: usize = 78;

/// Lines in the making.
#[derive(Default)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn line(&mut self, line: &str) {
        // Writing to a String cannot fail. A name from the file may have line ends of its own, and
        // what TOML allows nowhere.
        let _ = writeln!(self.0, "{}", line.replace(char::is_control, " "));
    }

    /// A comment, on as many lines as it takes.
    pub(super) fn comment(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            let chars = line.chars().count() + 1 + word.chars().count();
            if line.len() > 1 && chars > LINE_CHARS_MAX {
                self.line(&line);
                line.truncate(1);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    pub(super) fn section(&mut self, name: &str) {
        self.line("");
        self.line(&format!("[{name}]"));
    }

    pub(super) fn set(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {}", quoted(value)));
    }

    pub(super) fn list(&mut self, key: &str, values: &[impl AsRef<str>]) {
        self.line(&format!("{key} = {}", listed(values)));
    }
}

/// A text on one line in TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c.is_whitespace() && c != ' ' => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn listed(values: &[impl AsRef<str>]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
    format!("[{}]", values.join(", "))
}

//! Pages about one thing: a title, fields, sections.

use std::fmt::Write as _;

use super::look::Look;
use super::style::Style;
use super::table::Table;
use super::text;

/// Width of the labels, in characters.
const LABEL: usize = 14;

const INDENT: &str = "  ";

/// A page in the making.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    look: &'a Look,
    text: String,
}

impl<'a> Page<'a> {
    /// A page that begins with a title.
    pub(crate) fn new(look: &'a Look, title: &str) -> Self {
        let mut page = Self {
            look,
            text: String::new(),
        };
        page.heading(title);
        page
    }

    /// Puts a state behind the title.
    pub(crate) fn state(mut self, state: &str) -> Self {
        let painted = self.look.paint(Style::of_state(state), &text::one_line(state));
        self.text.truncate(self.text.trim_end().len());
        let _ = writeln!(self.text, " · {painted}");
        self
    }

    /// A heading within the page, after an empty line.
    pub(crate) fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.heading(title);
    }

    fn heading(&mut self, title: &str) {
        let title = self.look.paint(Style::Bold, &text::one_line(title));
        let _ = writeln!(self.text, "{title}");
    }

    /// A labelled value; one of several lines is indented.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        let value = text::lines(value);
        let mut lines = value.lines();
        let first = lines.next().unwrap_or_default();
        let painted = self.look.paint(Style::Dim, &format!("{label:LABEL$}"));
        let _ = writeln!(self.text, "{INDENT}{painted} {first}");
        for line in lines {
            let _ = writeln!(self.text, "{INDENT}{:LABEL$} {line}", "");
        }
    }

    /// A labelled value, if there is one.
    pub(crate) fn optional(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.field(label, value);
        }
    }

    /// A table, indented as fields are.
    pub(crate) fn table(&mut self, table: &Table) {
        self.text.push_str(&table.indented(self.look, INDENT));
    }

    /// A line of text.
    pub(crate) fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{INDENT}{}", text::one_line(line));
    }

    /// The page as text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

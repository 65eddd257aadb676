//! Pages about one thing: a title, fields, sections.

use std::fmt::Write as _;

use super::look::Look;
use super::style::Style;
use super::table::Table;
use super::text;

/// Width of the labels, in characters.
const LABEL: usize = 13;

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
        let painted = self
            .look
            .paint(Style::of_state(state), &text::one_line(state));
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

    /// A labelled value; what is too long for a line goes on below.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        let taken = INDENT.len() + LABEL + 1;
        let room = usize::from(self.look.width).saturating_sub(taken);
        let value = text::lines(value);
        let mut lines = value.lines().flat_map(|line| wrapped(line, room));
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

/// A line as lines of at most so many characters, cut between words; a longer word stays whole, so
/// that a path can be copied.
fn wrapped(line: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in line.split_inclusive(' ') {
        let own = word.trim_end().chars().count();
        if length > 0 && length + own > room {
            lines.push(String::new());
            length = 0;
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
        length += word.chars().count();
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_values_go_on_below_their_beginning() {
        let look = Look::fixed();
        let mut page = Page::new(&look, "a\ttitle").state("failed");
        page.field(
            "error",
            "a header that has far too many columns for one line, and then some more",
        );
        page.field("file", &"/a-path-that-is-copied".repeat(4));
        page.field("json", "{\n  \"a\": 1\n}");
        insta::assert_snapshot!(page.finish(), @r#"
        a title · failed
          error         a header that has far too many columns for one line, and then
                        some more
          file          /a-path-that-is-copied/a-path-that-is-copied/a-path-that-is-copied/a-path-that-is-copied
          json          {
                          "a": 1
                        }
        "#);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_word(line in "[a-z ]{0,200}", room in 1_usize..80) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let lines = wrapped(&line, room);
            prop_assert_eq!(words(&lines.join(" ")), words(&line));
            for line in lines {
                prop_assert!(line.chars().count() <= room || !line.trim().contains(' '));
            }
        }
    }
}

//! Tables that fit the terminal.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Width};

use super::look::Look;
use super::style::Style;
use super::text::one_line;

/// Spaces between columns.
const GAP: u16 = 2;

/// The narrowest that a column gives way to, in characters.
const LEAST: u16 = 6;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    gives_way: bool,
}

impl Column {
    /// Left-aligned, as wide as its longest cell.
    pub(crate) const fn new(title: &'static str) -> Self {
        Self {
            title,
            right: false,
            gives_way: false,
        }
    }

    /// Right-aligned, for numbers.
    pub(crate) const fn number(title: &'static str) -> Self {
        Self {
            right: true,
            ..Self::new(title)
        }
    }

    /// Cut short with `…` where the table would not fit, the widest such column first.
    pub(crate) const fn cut(title: &'static str) -> Self {
        Self {
            gives_way: true,
            ..Self::new(title)
        }
    }
}

/// A table: a heading, and a line for each row.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    styles: Vec<Option<(usize, Style)>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            styles: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| one_line(&cell)).collect());
        self.styles.push(None);
    }

    /// Adds a row of which one cell, counted from 0, stands out.
    pub(crate) fn styled(
        &mut self,
        at: usize,
        style: Style,
        cells: impl IntoIterator<Item = String>,
    ) {
        self.row(cells);
        if let Some(last) = self.styles.last_mut() {
            *last = Some((at, style));
        }
    }

    /// The table as text, with a line's end after each row.
    pub(crate) fn render(&self, look: &Look) -> String {
        self.render_within(look, look.width)
    }

    /// The table in so many columns, each line after `indent`.
    pub(crate) fn indented(&self, look: &Look, indent: &str) -> String {
        let taken = u16::try_from(indent.len()).unwrap_or_default();
        let table = self.render_within(look, look.width.saturating_sub(taken));
        let lines = table.split_inclusive('\n');
        lines.flat_map(|line| [indent, line]).collect()
    }

    fn render_within(&self, look: &Look, width: u16) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width)
            .set_truncation_indicator("…")
            .set_header(self.columns.iter().map(|column| column.title));
        for cells in &self.rows {
            let mut row = Row::from(cells);
            row.max_height(1);
            table.add_row(row);
        }
        let contents = table.column_max_content_widths();
        let widths = self.widths(&contents, width);
        for (at, laid_out) in table.column_iter_mut().enumerate() {
            let last = at + 1 == self.columns.len();
            let gap = if last { 0 } else { GAP };
            laid_out.set_padding((0, gap));
            // Cells are cut anywhere rather than between words: the delimiter is in none of them.
            laid_out.set_delimiter('\n');
            if self.columns.get(at).is_some_and(|column| column.right) {
                laid_out.set_cell_alignment(CellAlignment::Right);
            }
            let width = widths.get(at).copied().unwrap_or_default();
            laid_out.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + gap)));
        }
        let mut text = String::new();
        for (at, line) in table.lines().enumerate() {
            let line = line.trim_end();
            match at.checked_sub(1) {
                None => text.push_str(&look.paint(Style::Bold, line)),
                Some(row) => text.push_str(&self.painted(row, line, look)),
            }
            text.push('\n');
        }
        text
    }

    /// Widths that fit: columns that give way are narrowed, the widest first.
    fn widths(&self, contents: &[u16], width: u16) -> Vec<u16> {
        let mut widths = contents.to_vec();
        let gaps = GAP.saturating_mul(u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0));
        let room = width.saturating_sub(gaps);
        while widths.iter().sum::<u16>() > room {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(width, column)| column.gives_way && **width > LEAST)
                .max_by_key(|(width, _)| **width);
            match widest {
                Some((width, _)) => *width -= 1,
                // It cannot be narrower; it goes beyond the edge.
                None => break,
            }
        }
        widths
    }

    /// The line with the cell that stands out painted. Cells are laid out first, since escape
    /// sequences would count as width.
    fn painted(&self, row: usize, line: &str, look: &Look) -> String {
        let Some((at, style)) = self.styles.get(row).copied().flatten() else {
            return line.to_owned();
        };
        let cell = self.rows.get(row).and_then(|cells| cells.get(at));
        match cell {
            Some(cell) if look.colour && !cell.is_empty() => {
                line.replacen(cell, &style.paint(cell), 1)
            }
            _ => line.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::number("ID"),
            Column::new("STATE"),
            Column::cut("NAME"),
        ]);
        table.styled(
            1,
            Style::Good,
            ["1".into(), "completed".into(), "short".into()],
        );
        table.row([
            "1000".into(),
            "running".into(),
            format!("a name\nthat goes {}", "on and ".repeat(20)),
        ]);
        table
    }

    #[test]
    fn a_table_fits_and_long_cells_are_cut() {
        insta::assert_snapshot!(table().render(&Look::fixed()), @r"
          ID  STATE      NAME
           1  completed  short
        1000  running    a name that goes on and on and on and on and on and on and on …
        ");
    }

    #[test]
    fn colour_does_not_move_anything() {
        let look = Look {
            colour: true,
            ..Look::fixed()
        };
        let coloured = table().render(&look);
        assert!(coloured.contains("\x1b[32mcompleted\x1b[0m"));
        let plain = ["1", "32", "0"].iter().fold(coloured, |text, code| {
            text.replace(&format!("\x1b[{code}m"), "")
        });
        assert_eq!(plain, table().render(&Look::fixed()));
    }
}

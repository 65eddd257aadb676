//! The values of one column: what differs, how often, and what only stands for nothing.

use std::collections::HashMap;

use super::sample::Sample;

/// Texts that mean nothing wherever they stand.
const BLANKS: [&str; 9] = [
    "NULL", "null", "N/A", "n/a", "#N/A", "-", "--", "\\N", "(null)",
];

/// Texts that mean nothing among dates and amounts; elsewhere they may be a name or a code.
const BLANKS_OF_NUMBERS: [&str; 8] = ["NA", "None", "none", "nan", "NaN", "nil", "?", "#NV"];

/// The values of one column.
#[derive(Debug, Default)]
pub(super) struct Values<'s> {
    /// Each value that says something, and how often, in the order of the file.
    pub(super) distinct: Vec<(&'s str, u64)>,
    /// How many say something.
    pub(super) filled: u64,
    /// The texts that stand for nothing, in the order of the file.
    pub(super) blanks: Vec<&'s str>,
    /// The same for texts that do so among dates and amounts only.
    pub(super) doubtful: Vec<&'s str>,
    /// A value with a control character.
    pub(super) control: Option<&'s str>,
}

impl<'s> Values<'s> {
    pub(super) fn of(sample: &'s Sample, column: usize) -> Self {
        let mut values = Self::default();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for text in sample.values(column) {
            if BLANKS.contains(&text) {
                keep_once(&mut values.blanks, text);
                continue;
            }
            if BLANKS_OF_NUMBERS.contains(&text) {
                keep_once(&mut values.doubtful, text);
                continue;
            }
            values.filled += 1;
            match places.get(text) {
                Some(&place) => values.distinct[place].1 += 1,
                None => {
                    places.insert(text, values.distinct.len());
                    values.distinct.push((text, 1));
                    if values.control.is_none() && text.contains(char::is_control) {
                        values.control = Some(text);
                    }
                }
            }
        }
        values
    }

    /// How many values pass a test.
    pub(super) fn count(&self, test: impl Fn(&str) -> bool) -> u64 {
        let passing = self.distinct.iter().filter(|(text, _)| test(text));
        passing.map(|(_, times)| times).sum()
    }

    /// No value stands twice.
    pub(super) fn all_differ(&self) -> bool {
        self.distinct.len() as u64 == self.filled
    }
}

fn keep_once<'s>(texts: &mut Vec<&'s str>, text: &'s str) {
    if !texts.contains(&text) {
        texts.push(text);
    }
}

//! Cleaning texts that some program has damaged, as far as a profile asks for it.

use std::borrow::Cow;

use super::super::profile::Field;
use super::blank::trim;

mod integer_float;
mod quotes;

use integer_float::digits_of;
use quotes::strip_quotes;

/// What is done to texts before they are stored. By default nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// By field: numbers that were turned into floats become digits again.
    integer_floats: [bool; Field::ALL.len()],
    steps: Steps,
    idle: bool,
}

/// What is done to the texts of every field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// What becomes of control characters.
    pub control_characters: ControlCharacters,
    /// Every run of white space (Unicode's, so the no-break space, tabs and line ends too) becomes
    /// one space, or nothing at the ends.
    pub collapse_spaces: bool,
    /// One pair of matching quotes around the whole text goes.
    pub strip_quotes: bool,
}

/// What becomes of control characters: C0 (U+0000 to U+001F), which has tabs and line ends, DEL
/// and C1 (U+0080 to U+009F). NUL is not among them: it is a reason to reject the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControlCharacters {
    /// They stay.
    #[default]
    Keep,
    /// Each becomes a space.
    Space,
    /// They go.
    Remove,
}

impl ControlCharacters {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Space, Self::Remove];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Space => "space",
            Self::Remove => "remove",
        }
    }
}

impl Default for Cleaning {
    fn default() -> Self {
        Self::new(&[], Steps::default())
    }
}

impl Cleaning {
    /// Cleaning by these steps; fields of `integer_floats` hold integers that became floats.
    pub fn new(integer_floats: &[Field], steps: Steps) -> Self {
        Self {
            integer_floats: Field::ALL.map(|field| integer_floats.contains(&field)),
            steps,
            idle: integer_floats.is_empty() && steps == Steps::default(),
        }
    }

    /// Nothing is ever changed.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// The text as it should have been, without white space around it; borrowed wherever it can
    /// be. It must be UTF-8. A text that becomes empty says nothing, like any other empty one.
    ///
    /// The order is: control characters, white space, quotes, floats.
    #[inline]
    pub fn clean<'a>(&self, field: Field, text: &'a [u8]) -> Cow<'a, [u8]> {
        if self.idle {
            return Cow::Borrowed(text);
        }
        self.clean_up(field, text)
    }

    fn clean_up<'a>(&self, field: Field, text: &'a [u8]) -> Cow<'a, [u8]> {
        let Ok(utf8) = std::str::from_utf8(text) else {
            return Cow::Borrowed(text);
        };
        let mut clean = Cow::Borrowed(utf8);
        clean = match self.steps.control_characters {
            ControlCharacters::Keep => clean,
            ControlCharacters::Space => without_controls(clean, Some(' ')),
            ControlCharacters::Remove => without_controls(clean, None),
        };
        if self.steps.collapse_spaces {
            clean = collapsed(clean);
        }
        let mut clean = narrowed(bytes(clean), trim);
        if self.steps.strip_quotes {
            clean = narrowed(clean, |text| trim(strip_quotes(text)));
        }
        // The array has a place for every field.
        let is_float = self.integer_floats.get(field as usize) == Some(&true);
        match is_float.then(|| digits_of(&clean)).flatten() {
            Some(digits) => Cow::Owned(digits),
            None => clean,
        }
    }
}

fn without_controls(text: Cow<'_, str>, instead: Option<char>) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text;
    }
    let kept = |c: char| if c.is_control() { instead } else { Some(c) };
    Cow::Owned(text.chars().filter_map(kept).collect())
}

fn collapsed(text: Cow<'_, str>) -> Cow<'_, str> {
    let tidy = text.split(' ').all(|word| !word.is_empty())
        && !text.contains(|c: char| c.is_whitespace() && c != ' ');
    if tidy {
        return text;
    }
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    Cow::Owned(collapsed)
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// A part of the text, borrowed where the whole is.
fn narrowed(text: Cow<'_, [u8]>, part: impl Fn(&[u8]) -> &[u8]) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => {
            let less = part(&text);
            if less.len() == text.len() {
                Cow::Owned(text)
            } else {
                Cow::Owned(less.to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! What is wrong with the settings that were given.

use std::fmt;

use crate::origin::Origin;

/// One mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The setting, `section.key`; `None` where a whole file is concerned.
    pub key: Option<String>,
    /// Where the mistake stands.
    pub origin: Origin,
    /// What was wrong.
    pub wrong: String,
    /// What would be right.
    pub expected: String,
    /// The name that was probably meant, where a name was unknown.
    pub suggestion: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{key} ({}): ", self.origin)?,
            None => write!(f, "{}: ", self.origin)?,
        }
        write!(f, "{}; expected {}", self.wrong, self.expected)?;
        match &self.suggestion {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// Every mistake in the settings, one or more. Shown as a list, a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes: unknown names first, then values of the wrong type, then rules that do not
    /// hold; in each, the file's before the environment's.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    pub(crate) fn push(&mut self, mistake: Mistake) {
        self.0.push(mistake);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "one mistake in the settings:")?,
            count => write!(f, "{count} mistakes in the settings:")?,
        }
        self.0
            .iter()
            .try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

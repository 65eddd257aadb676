//! What is wrong with a file's columns.

use std::fmt;

/// Columns of the file that an error message lists.
const NAMES_SHOWN_MAX: usize = 30;

/// The columns are not what the profile asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Columns that the profile names and the file lacks, each as `field = "column"`.
    pub missing: Vec<String>,
    /// Columns that the profile names and the file has more than once.
    pub ambiguous: Vec<String>,
    /// The columns that the file has.
    pub found: Vec<String>,
    /// The header was not even readable as a record.
    pub unreadable: bool,
}

impl std::error::Error for HeaderError {}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header does not fit the profile")?;
        if self.unreadable {
            return f.write_str(": its first line is too long, or has a quote that is not closed");
        }
        if !self.missing.is_empty() {
            write!(f, "; missing {}", self.missing.join(", "))?;
        }
        if !self.ambiguous.is_empty() {
            write!(
                f,
                "; more than one column is called {}",
                self.ambiguous.join(", ")
            )?;
        }
        let shown = self.found.len().min(NAMES_SHOWN_MAX);
        write!(f, "; the file has {}", self.found[..shown].join(", "))?;
        match self.found.len() - shown {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl HeaderError {
    pub(super) fn unreadable() -> Self {
        Self {
            missing: Vec::new(),
            ambiguous: Vec::new(),
            found: Vec::new(),
            unreadable: true,
        }
    }
}

//! The name of a setting.

use std::fmt;

/// The start of every environment variable that is a setting.
pub(crate) const ENV_PREFIX: &str = "NEXUS_";

/// The section whose settings are named by whoever gives them: one a kind.
pub(crate) const OPEN_SECTION: &str = "kinds";

/// Where a setting stands: its section and its name in it, shown as `section.name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) section: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(section: &str, name: &str) -> Self {
        Self {
            section: section.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The environment variable that sets it: `NEXUS_SECTION__NAME`.
    pub(crate) fn env_name(&self) -> String {
        format!("{ENV_PREFIX}{}__{}", self.section, self.name).to_ascii_uppercase()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.section, self.name)
    }
}

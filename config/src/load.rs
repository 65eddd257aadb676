//! Loading: defaults, then a file, then the environment.

mod apply;
mod env;
mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Value;

use crate::key::{ENV_PREFIX, Key};
use crate::mistakes::Mistakes;
use crate::origin::Origin;
use crate::settings::Settings;
use crate::shown::ShownSetting;

/// Names the settings file where the caller does not.
const CONFIG_VARIABLE: &str = "NEXUS_CONFIG";

/// The settings file that is used, if it exists, where nobody names one.
const CONFIG_FILE: &str = "nexus.toml";

/// Where settings come from, apart from their defaults.
#[derive(Clone, Debug)]
pub struct LoadFrom<E> {
    /// The settings file. `None`: the one that `NEXUS_CONFIG` names, or else `nexus.toml` in the
    /// working directory where there is one. A file that was named must exist.
    pub file: Option<PathBuf>,
    /// The environment's variables as names and values; [`process_env`] for those of the process.
    pub env: E,
}

/// Settings, and where each came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings; they obey every rule.
    pub settings: Settings,
    /// The settings file that was read, if any.
    pub file: Option<PathBuf>,
    /// Every setting with its value, secrets hidden, and its origin, in the order of `default.toml`.
    pub shown: Vec<ShownSetting>,
}

/// A value given for a setting that exists; it may still be of the wrong type.
#[derive(Clone, Debug, PartialEq)]
struct Override {
    key: Key,
    value: Value,
    origin: Origin,
}

impl Settings {
    /// Loads the settings: the defaults, overridden by the file, overridden by the environment.
    /// The error holds every mistake, not only the first.
    pub fn load<E>(from: LoadFrom<E>) -> Result<Loaded, Mistakes>
    where
        E: IntoIterator<Item = (String, String)>,
    {
        // Sorted, so that the order of mistakes does not depend on the environment's.
        let env: BTreeMap<String, String> = from.env.into_iter().collect();
        let mut mistakes = Mistakes::default();
        let file = file::choose(from.file, env.get(CONFIG_VARIABLE));
        let mut overrides = Vec::new();
        if let Some(path) = &file {
            overrides.extend(file::read(path, &mut mistakes));
        }
        overrides.extend(env::read(&env, &mut mistakes));
        match apply::apply(overrides, &mut mistakes) {
            Some((settings, shown)) if mistakes.is_empty() => Ok(Loaded {
                settings,
                file,
                shown,
            }),
            _ => Err(mistakes),
        }
    }
}

/// The process's environment variables that begin with `NEXUS_`, for [`LoadFrom::env`]. Bytes that
/// are not UTF-8 are replaced, so that such a variable is reported rather than passed over.
pub fn process_env() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, value)| {
            let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
            (text(name), text(value))
        })
        .filter(|(name, _)| name.starts_with(ENV_PREFIX))
        .collect()
}

#[cfg(test)]
mod tests;

//! Settings as they are shown to people.

use std::collections::HashMap;

use serde::Serialize;
use toml::Table;

use crate::defaults::keys_of;
use crate::origin::Origin;
use crate::settings::Settings;

/// One setting, for `nexus config show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownSetting {
    /// Its name, `section.key`.
    pub key: String,
    /// Its value as `nexus.toml` would write it, passwords replaced by `***`.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// Every setting in the order of `default.toml`; what is not in `origins` is a default.
pub(crate) fn shown(
    settings: &Settings,
    origins: &HashMap<String, Origin>,
) -> Result<Vec<ShownSetting>, toml::ser::Error> {
    // Serialising is what hides the secrets: they have no other outward form.
    let table = Table::try_from(settings)?;
    let rows = keys_of(&table).map(|key| {
        let value = table
            .get(&key.section)
            .and_then(|section| section.get(&key.name));
        let key = key.to_string();
        ShownSetting {
            value: value.map(ToString::to_string).unwrap_or_default(),
            origin: origins.get(&key).cloned().unwrap_or(Origin::Default),
            key,
        }
    });
    Ok(rows.collect())
}

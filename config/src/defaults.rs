//! The defaults, as they stand in `default.toml`.

use std::sync::LazyLock;

use toml::{Table, Value};

use crate::key::Key;
use crate::settings::Settings;

/// The text of `default.toml`: every setting with its default, unit and reason.
pub const DEFAULT_TOML: &str = include_str!("../default.toml");

/// `default.toml` as data, read once.
pub(crate) static DEFAULTS: LazyLock<Defaults> = LazyLock::new(Defaults::embedded);

pub(crate) struct Defaults {
    pub(crate) table: Table,
    pub(crate) settings: Settings,
}

impl Defaults {
    #[expect(
        clippy::expect_used,
        reason = "the file is compiled in, and a test of this module reads it: it cannot fail at run time"
    )]
    fn embedded() -> Self {
        let table: Table = DEFAULT_TOML.parse().expect("default.toml is TOML");
        let settings = table
            .clone()
            .try_into()
            .expect("default.toml fills Settings");
        Self { table, settings }
    }

    /// The default of a setting; `None` where there is no such setting.
    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.table.get(&key.section)?.as_table()?.get(&key.name)
    }

    /// Every setting there is, in the order of the file.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        keys_of(&self.table)
    }
}

/// The settings in a table of sections.
pub(crate) fn keys_of(table: &Table) -> impl Iterator<Item = Key> {
    table.iter().flat_map(|(section, entries)| {
        let names = entries.as_table().into_iter().flat_map(Table::keys);
        names.map(move |name| Key::new(section, name))
    })
}

/// Puts one setting into a table of sections.
pub(crate) fn put(table: &mut Table, key: &Key, value: Value) {
    let section = table
        .entry(key.section.as_str())
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(key.name.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_every_setting_and_no_other() {
        let fields = Table::try_from(Settings::defaults()).unwrap();
        let mut fields: Vec<String> = keys_of(&fields).map(|key| key.to_string()).collect();
        let mut file: Vec<String> = DEFAULTS.keys().map(|key| key.to_string()).collect();
        fields.sort();
        file.sort();
        assert_eq!(fields, file);
    }

    #[test]
    fn every_setting_and_section_has_a_comment_above_it() {
        let mut above = "";
        for line in DEFAULT_TOML.lines() {
            if !line.is_empty() && !line.starts_with('#') {
                assert!(above.starts_with("# "), "no comment above: {line}");
            }
            above = line;
        }
    }

    #[test]
    fn the_defaults_obey_the_rules() {
        assert_eq!(Settings::defaults().findings(), []);
    }
}

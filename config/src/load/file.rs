//! The settings file.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{CONFIG_FILE, Override};
use crate::defaults::DEFAULTS;
use crate::key::{Key, OPEN_SECTION};
use crate::mistakes::{Mistake, Mistakes};
use crate::origin::Origin;
use crate::suggest::nearest;

/// The file to read: the caller's, the environment's, or the usual one where it exists.
pub(super) fn choose(named: Option<PathBuf>, variable: Option<&String>) -> Option<PathBuf> {
    named.or_else(|| variable.map(PathBuf::from)).or_else(|| {
        let usual = PathBuf::from(CONFIG_FILE);
        usual.exists().then_some(usual)
    })
}

/// What the file sets.
pub(super) fn read(path: &Path, mistakes: &mut Mistakes) -> Vec<Override> {
    let about_file = |wrong: String, expected: &str| Mistake {
        key: None,
        origin: Origin::File(path.to_owned()),
        wrong,
        expected: expected.to_owned(),
        suggestion: None,
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            mistakes.push(about_file(
                format!("the settings file cannot be read ({error})"),
                "a readable TOML file",
            ));
            return Vec::new();
        }
    };
    match text.parse::<Table>() {
        Ok(table) => overrides(table, path, mistakes),
        Err(error) => {
            mistakes.push(about_file(syntax_error(&text, &error), "a TOML file"));
            Vec::new()
        }
    }
}

/// Says where a file is no TOML. The parser's own text would quote the line, and with it perhaps
/// a password.
fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().lines().next().unwrap_or_default();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return what.to_owned();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}: {what}")
}

/// The settings in the table that exist; the others are mistakes.
fn overrides(table: Table, path: &Path, mistakes: &mut Mistakes) -> Vec<Override> {
    let origin = Origin::File(path.to_owned());
    let mut overrides = Vec::new();
    for (section, value) in table {
        let Some(known) = DEFAULTS.table.get(&section) else {
            mistakes.push(unknown_section(section, &value, &origin));
            continue;
        };
        let Value::Table(entries) = value else {
            mistakes.push(Mistake {
                wrong: format!("found {}", value.type_str()),
                expected: format!("a section, [{section}]"),
                key: Some(section),
                origin: origin.clone(),
                suggestion: None,
            });
            continue;
        };
        for (name, value) in entries {
            let key = Key::new(&section, &name);
            if known.get(&name).is_some() || section == OPEN_SECTION {
                let origin = origin.clone();
                overrides.push(Override { key, value, origin });
            } else {
                mistakes.push(unknown_setting(&key, &origin));
            }
        }
    }
    overrides
}

fn unknown_section(section: String, value: &Value, origin: &Origin) -> Mistake {
    // A setting that lost its section reads as an unknown section, so look among both.
    let homeless = || {
        DEFAULTS
            .keys()
            .find(|key| key.name == section)
            .map(|key| key.to_string())
    };
    let suggestion = match value {
        Value::Table(_) => nearest(&section, DEFAULTS.table.keys().cloned()),
        _ => homeless(),
    };
    Mistake {
        wrong: "no such section".to_owned(),
        expected: "a section of default.toml".to_owned(),
        key: Some(section),
        origin: origin.clone(),
        suggestion,
    }
}

fn unknown_setting(key: &Key, origin: &Origin) -> Mistake {
    let within = DEFAULTS.keys().filter(|known| known.section == key.section);
    let elsewhere = || DEFAULTS.keys().find(|known| known.name == key.name);
    let suggestion = elsewhere()
        .map(|known| known.to_string())
        .or_else(|| nearest(&key.to_string(), within.map(|known| known.to_string())));
    Mistake {
        key: Some(key.to_string()),
        origin: origin.clone(),
        wrong: "no such setting".to_owned(),
        expected: format!("a setting of [{}]", key.section),
        suggestion,
    }
}

//! Settings in environment variables.

use std::collections::{BTreeMap, HashMap};

use toml::Value;

use super::{CONFIG_VARIABLE, Override};
use crate::defaults::DEFAULTS;
use crate::key::{ENV_PREFIX, Key, OPEN_SECTION};
use crate::mistakes::{Mistake, Mistakes};
use crate::origin::Origin;
use crate::suggest::nearest;

/// Beginnings of variables that are not settings but belong to the tests and the scripts, or tell a
/// worker process who its supervisor is.
const FOREIGN: [&str; 6] = [
    "NEXUS_TEST_",
    "NEXUS_DEMO_",
    "NEXUS_COMPOSE_",
    "NEXUS_ROLES_SQL",
    "NEXUS_WORKER_ID",
    "NEXUS_WORKER_PARENT",
];

/// What the environment sets. Any other variable that begins with `NEXUS_` is a mistake.
pub(super) fn read(env: &BTreeMap<String, String>, mistakes: &mut Mistakes) -> Vec<Override> {
    let known: HashMap<String, Key> = DEFAULTS.keys().map(|key| (key.env_name(), key)).collect();
    let mut overrides = Vec::new();
    for (variable, text) in env.iter().filter(|(name, _)| is_ours(name)) {
        let origin = Origin::Env(variable.clone());
        let found = known
            .get(variable)
            .and_then(|key| Some((key.clone(), typed(text, DEFAULTS.get(key)?))))
            .or_else(|| of_open_section(variable, text));
        if let Some((key, value)) = found {
            overrides.push(Override { key, value, origin });
        } else {
            mistakes.push(Mistake {
                key: None,
                origin,
                wrong: "no such setting".to_owned(),
                expected: format!("{ENV_PREFIX}SECTION__KEY, with two underscores between them"),
                suggestion: suggestion(variable),
            });
        }
    }
    overrides
}

/// A setting of the section whose names are free. Variables are written in capitals, so they reach
/// only names without any; a kind's name has none.
fn of_open_section(variable: &str, text: &str) -> Option<(Key, Value)> {
    let section = Key::new(OPEN_SECTION, "").env_name();
    let name = variable.strip_prefix(&section)?;
    let key = Key::new(OPEN_SECTION, &name.to_ascii_lowercase());
    (!name.is_empty()).then(|| (key, typed(text, &Value::Table(toml::Table::new()))))
}

/// The variable that was probably meant. One that the given name extends comes first: somebody
/// tried to reach into a map, which is one setting.
fn suggestion(variable: &str) -> Option<String> {
    let known = || DEFAULTS.keys().map(|key| key.env_name());
    known()
        .find(|name| {
            variable
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with("__"))
        })
        .or_else(|| nearest(variable, known()))
}

fn is_ours(variable: &str) -> bool {
    variable.starts_with(ENV_PREFIX)
        && variable != CONFIG_VARIABLE
        && !FOREIGN.iter().any(|foreign| variable.starts_with(foreign))
}

/// The text as a value of the default's type where it can be read as one, or else as the text it
/// is, for the setting's own type to judge.
fn typed(text: &str, default: &Value) -> Value {
    let as_text = || Value::String(text.to_owned());
    if default.is_str() {
        return as_text();
    }
    if default.is_array() && !text.trim_start().starts_with('[') {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        return Value::Array(parts.map(Value::from).collect());
    }
    match text.trim().parse::<Value>() {
        Ok(value) if value.same_type(default) => value,
        // A whole number is a number.
        Ok(value @ Value::Integer(_)) if default.is_float() => value,
        _ => as_text(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_as(text: &str, default: &str) -> String {
        typed(text, &default.parse().unwrap()).to_string()
    }

    #[test]
    fn a_text_is_read_as_the_default_is() {
        assert_eq!(read_as("40", "20"), "40");
        assert_eq!(read_as(" 1_000 ", "20"), "1000");
        assert_eq!(read_as("forty", "20"), "\"forty\"");
        assert_eq!(read_as("40", "'x'"), "\"40\"");
        assert_eq!(read_as("1", "0.05"), "1");
        assert_eq!(read_as("0.5", "1"), "\"0.5\"");
        assert_eq!(read_as("a, b,", "['x']"), "[\"a\", \"b\"]");
        assert_eq!(read_as("['a,b']", "['x']"), "[\"a,b\"]");
        assert_eq!(read_as("['a", "['x']"), "\"['a\"");
        assert_eq!(read_as("{ a = 1 }", "{ x = 1 }"), "{ a = 1 }");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            for key in DEFAULTS.keys() {
                typed(&text, DEFAULTS.get(&key).unwrap());
            }
        }
    }
}

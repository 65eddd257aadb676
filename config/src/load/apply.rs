//! Puts overrides onto the defaults and holds the result against the rules.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use super::Override;
use crate::checks::Finding;
use crate::defaults::{DEFAULTS, put};
use crate::key::OPEN_SECTION;
use crate::mistakes::{Mistake, Mistakes};
use crate::origin::Origin;
use crate::settings::Settings;
use crate::shown::{ShownSetting, shown};

/// The settings with every override that is of its setting's type; the others, and rules that
/// do not hold, are mistakes.
pub(super) fn apply(
    overrides: Vec<Override>,
    mistakes: &mut Mistakes,
) -> Option<(Settings, Vec<ShownSetting>)> {
    let mut merged = DEFAULTS.table.clone();
    let mut origins = HashMap::new();
    let mut misread = HashSet::new();
    for given in overrides {
        // Alone against the defaults, so that one mistake does not hide another.
        let mut alone = DEFAULTS.table.clone();
        put(&mut alone, &given.key, given.value.clone());
        match alone.try_into::<Settings>() {
            Ok(_) => {
                put(&mut merged, &given.key, given.value);
                misread.remove(&given.key.to_string());
                origins.insert(given.key.to_string(), given.origin);
            }
            Err(error) => {
                misread.insert(given.key.to_string());
                mistakes.push(wrong_type(&given, error.message()));
            }
        }
    }
    let settings = keep(merged.try_into::<Settings>(), mistakes)?;
    for finding in settings.findings() {
        // A rule about a value that was not understood would be held against another in its place.
        if !finding.keys.iter().any(|key| misread.contains(*key)) {
            mistakes.push(broken_rule(finding, &origins));
        }
    }
    let rows = keep(shown(&settings, &origins), mistakes)?;
    Some((settings, rows))
}

/// What worked, or a mistake about the whole. Values that are right one by one are right together,
/// so this is not met; it must still not pass unreported.
fn keep<T, E: Display>(outcome: Result<T, E>, mistakes: &mut Mistakes) -> Option<T> {
    outcome
        .map_err(|error| {
            mistakes.push(Mistake {
                key: None,
                origin: Origin::Default,
                wrong: format!("the settings do not go together: {error}"),
                expected: "values like those in default.toml".to_owned(),
                suggestion: None,
            });
        })
        .ok()
}

fn wrong_type(given: &Override, message: &str) -> Mistake {
    let message = message.lines().next().unwrap_or_default();
    let (found, expected) = message
        .rsplit_once(", expected ")
        .unwrap_or((message, "a value like the one in default.toml"));
    let found = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .find_map(|sort| found.strip_prefix(sort))
        .unwrap_or(found);
    Mistake {
        key: Some(given.key.to_string()),
        origin: given.origin.clone(),
        wrong: format!("found {found}"),
        expected: in_plain_words(expected),
        suggestion: None,
    }
}

/// Says what a Rust type expects in words that need no Rust.
fn in_plain_words(expected: &str) -> String {
    let upto = |max: u64| format!("a whole number from 0 to {max}");
    match expected {
        "u16" => upto(u16::MAX.into()),
        "u32" => upto(u32::MAX.into()),
        "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "f64" => "a number".to_owned(),
        "a sequence" => "a list, such as [\"a\", \"b\"]".to_owned(),
        "a map" => "a table, such as { a = 1, b = 2 }".to_owned(),
        "path string" | "a string" => "a text".to_owned(),
        "struct Kind" => {
            "a table of what differs for the kind, such as { attempts = 3 }".to_owned()
        }
        other => other.to_owned(),
    }
}

fn broken_rule(finding: Finding, origins: &HashMap<String, Origin>) -> Mistake {
    // Where two settings disagree, blame the one that somebody gave.
    let given = finding
        .keys
        .iter()
        .find_map(|key| Some((*key, origin_of(key, origins)?)));
    let first = finding.keys.first().copied().unwrap_or_default();
    let (key, origin) = given.unwrap_or((first, &Origin::Default));
    Mistake {
        key: Some(key.to_owned()),
        origin: origin.clone(),
        wrong: finding.wrong,
        expected: finding.expected,
        suggestion: None,
    }
}

/// Where a setting was given; a rule about the open section is about one of its settings.
fn origin_of<'a>(key: &str, origins: &'a HashMap<String, Origin>) -> Option<&'a Origin> {
    let of_section = || {
        let within = |name: &str| name.split_once('.').is_some_and(|(s, _)| s == OPEN_SECTION);
        let found = origins
            .iter()
            .filter(|(name, _)| within(name))
            .max_by_key(|(name, _)| *name);
        found.map(|(_, origin)| origin)
    };
    origins
        .get(key)
        .or_else(|| (key == OPEN_SECTION).then(of_section).flatten())
}

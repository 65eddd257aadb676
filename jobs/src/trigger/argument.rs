use std::borrow::Cow;

use serde_json::Value;

use super::path::EventPath;
use crate::template::{Hole, Template};

/// JSON in which texts may hold paths: `{{ $.data.job }}`.
///
/// A text that is one path and nothing else becomes what the path selects, with its type. Within a
/// longer text, what is selected is written as text. A path must select exactly one value; one that
/// ends in `?`, as `{{ $.subject ? }}`, may select none, and is then null, or empty within a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping(Template<Selected>);

#[derive(Clone, Debug, PartialEq)]
struct Selected {
    path: EventPath,
    may_be_missing: bool,
}

impl Mapping {
    /// Reads a mapping; the text says what is wrong with it.
    pub fn new(json: &Value) -> Result<Self, String> {
        Ok(Self(Template::new(json)?))
    }

    /// What it makes of an event; the text says which path found nothing.
    pub fn apply(&self, event: &Value) -> Result<Value, String> {
        self.0.fill(event)
    }
}

impl Hole for Selected {
    type From = Value;

    fn read(text: &str) -> Result<Self, String> {
        let (path, may_be_missing) = match text.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text, false),
        };
        Ok(Self {
            path: path.parse()?,
            may_be_missing,
        })
    }

    fn fill<'f>(&self, event: &'f Value) -> Result<Option<Cow<'f, Value>>, String> {
        let found = self.path.select(event);
        match *found {
            [one] => Ok(Some(Cow::Borrowed(one))),
            [] if self.may_be_missing => Ok(None),
            [] => Err(format!("{} selects nothing of the event", self.path)),
            _ => Err(format!(
                "{} selects {} values of the event, not one",
                self.path,
                found.len()
            )),
        }
    }
}

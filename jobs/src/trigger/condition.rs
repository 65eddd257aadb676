use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::path::EventPath;

/// What must hold of what a path selects of an event. Of several tests, all.
///
/// A test of a value holds where *some* selected value passes it; `not_equals` where none is
/// equal, `exists: false` where nothing is selected. With no test at all something must be selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The path.
    pub path: EventPath,
    /// Is this.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    pub equals: Option<Value>,
    /// Is not this.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    pub not_equals: Option<Value>,
    /// Is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Value>>,
    /// A number above this, or a text after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Value>,
    /// A number of at least this, or a text not before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Value>,
    /// A number below this, or a text before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Value>,
    /// A number of at most this, or a text not after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Value>,
    /// Whether there is anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

/// `null` is a value to be equal to, and not a test left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Condition {
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, bound) in self.bounds() {
            if !matches!(bound, Value::Number(_) | Value::String(_)) {
                return Err(format!("{name}: expected a number or a text"));
            }
        }
        Ok(())
    }

    fn bounds(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        [
            ("above", &self.above),
            ("at_least", &self.at_least),
            ("below", &self.below),
            ("at_most", &self.at_most),
        ]
        .into_iter()
        .filter_map(|(name, bound)| bound.as_ref().map(|bound| (name, bound)))
    }

    /// Whether it holds of an event.
    pub fn holds(&self, event: &Value) -> bool {
        let found = self.path.select(event);
        let some = |test: &dyn Fn(&Value) -> bool| found.iter().any(|value| test(value));
        let ordered = |bound: &Value, wanted: &dyn Fn(Ordering) -> bool| {
            some(&|value| compare(value, bound).is_some_and(wanted))
        };
        let passes = [
            self.equals
                .as_ref()
                .map(|wanted| some(&|v| is_equal(v, wanted))),
            self.not_equals
                .as_ref()
                .map(|unwanted| !some(&|v| is_equal(v, unwanted))),
            self.one_of
                .as_ref()
                .map(|all| some(&|v| all.iter().any(|one| is_equal(v, one)))),
            self.above
                .as_ref()
                .map(|bound| ordered(bound, &Ordering::is_gt)),
            self.at_least
                .as_ref()
                .map(|bound| ordered(bound, &Ordering::is_ge)),
            self.below
                .as_ref()
                .map(|bound| ordered(bound, &Ordering::is_lt)),
            self.at_most
                .as_ref()
                .map(|bound| ordered(bound, &Ordering::is_le)),
            self.exists.map(|wanted| found.is_empty() != wanted),
        ];
        let mut tested = passes.into_iter().flatten().peekable();
        if tested.peek().is_none() {
            return !found.is_empty();
        }
        tested.all(|passed| passed)
    }
}

/// Equal, where 1 and 1.0 are.
fn is_equal(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && compare(a, b) == Some(Ordering::Equal))
}

/// Numbers by value, whole ones exactly; texts by their characters; nothing else.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => match (a.as_i128(), b.as_i128()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        _ => None,
    }
}

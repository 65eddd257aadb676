//! What a caller says of a job's uniqueness.

use nexus_config::Span;
use nexus_jobs::{OnConflict, State, Unique};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::read::{Unreadable, decode};

/// What a job may not be there twice by.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UniqueRequest {
    /// The fields of the arguments that are compared; all if left out.
    #[serde(default)]
    by: Vec<String>,
    /// For so long, as a duration with a unit; until the job ends if left out.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "1h"))]
    r#for: Option<Span>,
    /// The states in which the other job is in the way; the unfinished ones if left out, and
    /// `completed` if `for` is given.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    states: Option<Vec<State>>,
    /// What is done then: `existing` (nothing; its id is answered), `replace` (it takes over the
    /// arguments, while it waits), `debounce` (and the due time), `reject`.
    on_conflict: Option<String>,
}

/// Reads `true`, `false` or the details; the text says what is wrong.
pub(super) fn read(told: Option<&RawValue>) -> Result<Option<Unique>, String> {
    let request = match told.map(RawValue::get) {
        None | Some("false") => return Ok(None),
        Some("true") => UniqueRequest::default(),
        Some(json) => decode(json.as_bytes()).map_err(|error| match error {
            Unreadable::NotJson(text) | Unreadable::Wrong(text) => text,
        })?,
    };
    let on_conflict = match request.on_conflict {
        Some(act) => act
            .parse()
            .map_err(|error| format!("on_conflict: {error}"))?,
        None => OnConflict::default(),
    };
    let unique = Unique {
        by: request.by,
        key: None,
        window: request.r#for.map(Span::get),
        states: request.states,
        on_conflict,
    };
    unique.check()?;
    Ok(Some(unique))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(json: &str) -> Result<Option<Unique>, String> {
        read(Some(&RawValue::from_string(json.to_owned()).unwrap()))
    }

    #[test]
    fn it_is_said_shortly_or_in_detail() {
        assert_eq!(read(None), Ok(None));
        assert_eq!(unique("false"), Ok(None));
        assert_eq!(unique("true"), Ok(Some(Unique::by_args())));
        let told = r#"{"by": ["a"], "for": "1h", "on_conflict": "reject"}"#;
        let expected = Unique::by(["a"])
            .window(std::time::Duration::from_hours(1))
            .on_conflict(OnConflict::Reject);
        assert_eq!(unique(told), Ok(Some(expected)));
    }

    #[test]
    fn mistakes_are_told() {
        for (json, word) in [
            (r#"{"per": ["a"]}"#, "per"),
            (r#"{"states": ["done"]}"#, "done"),
            (r#"{"states": ["completed"]}"#, "needs a window"),
            (r#"{"on_conflict": "merge"}"#, "merge"),
            ("5", "invalid type"),
        ] {
            let wrong = unique(json).unwrap_err();
            assert!(wrong.contains(word), "{json}: {wrong}");
        }
    }
}

use crate::process_dataset::input::of_text;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json, json};

use super::*;

/// JSON of any shape, a few levels deep.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[\\x00-\\x1f\"\\\\é😀]{0,4}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-c]", inner, 0..3)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// What [`show`] should show of a value.
fn expected(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "~".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Bool(word)) => word.to_string(),
        Some(Json::Number(number)) => format!("#{number}"),
        Some(Json::Array(_) | Json::Object(_)) => "!not_scalar".to_owned(),
    }
}

proptest! {
    #[test]
    fn values_are_those_of_serde_json(
        objects in prop::collection::vec(prop::collection::btree_map("[a-d]", any_json(), 0..4), 1..5),
        block_bytes in 16_usize..64,
    ) {
        let objects: Vec<Map<String, Json>> =
            objects.into_iter().map(|object| object.into_iter().collect()).collect();
        let lines: Vec<String> = objects.iter().map(|object| json!(object).to_string()).collect();
        let text = lines.join("\n");
        let input = of_text(text.as_bytes(), block_bytes, None).unwrap();
        let keys = vec!["b".to_owned(), "c.a".to_owned()];
        let longest = text.lines().map(str::len).max().unwrap();
        let mut source = JsonLines::open(input, keys, block_bytes, longest).unwrap();
        for object in &objects {
            prop_assert_eq!(source.advance().unwrap(), Found::Record);
            let record = source.current();
            prop_assert_eq!(show(record.value(0)), expected(object.get("b")));
            let nested = match object.get("c") {
                Some(list @ Json::Array(_)) => expected(Some(list)),
                inner => expected(inner.and_then(|inner| inner.get("a"))),
            };
            prop_assert_eq!(show(record.value(1)), nested);
        }
        prop_assert_eq!(source.advance().unwrap(), Found::End);
    }

    #[test]
    fn faulty_is_what_serde_json_refuses(
        line in "[ {}\\[\\]\":,ab01.eE+\\-\\\\untrfls\\x00é]{1,40}|\\{\"a\":[^\r\n]{1,12}\\}",
        block_bytes in 16_usize..64,
    ) {
        prop_assume!(!line.trim().is_empty() && !line.contains(['\r', '\n']));
        // A file full of control characters is refused as no text, before its lines are looked at.
        prop_assume!(line.chars().filter(char::is_ascii_control).count() < 8);
        let valid = serde_json::from_str::<IgnoredAny>(&line).is_ok() && line.trim_start().starts_with('{');
        let mut source = open(line.as_bytes(), &["a"], block_bytes);
        match source.advance().unwrap() {
            Found::Record => prop_assert!(valid, "{line}"),
            Found::Faulty(reason) => prop_assert!(!valid || reason == RejectReason::RepeatedField, "{line}"),
            Found::End => prop_assert!(false, "{line}"),
        }
    }

    #[test]
    fn any_bytes_at_all_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 1..300), block_bytes in 16_usize..64) {
        let input = of_text(&bytes[..], block_bytes, None);
        let source = input.and_then(|input| JsonLines::open(input, vec!["a".to_owned()], block_bytes, 40));
        if let Ok(mut source) = source {
            let mut records = 0;
            while source.advance().unwrap() != Found::End {
                records += 1;
            }
            prop_assert!(records <= bytes.len());
        }
    }
}

//! Reading JSON, so that what is wrong is told by its field.

use serde::Deserialize;
use serde_json::error::Category;

/// Why a text is not what was expected.
#[derive(Debug)]
pub enum Unreadable {
    /// It is no JSON.
    NotJson(String),
    /// It is of another shape; names the field.
    Wrong(String),
}

/// Reads JSON; what is wrong with it is told by its field.
pub fn decode<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Unreadable> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data if path == "." => Unreadable::Wrong(plain(&inner)),
            Category::Data => Unreadable::Wrong(format!("field {path:?}: {}", plain(&inner))),
            Category::Syntax | Category::Eof | Category::Io => not_json(&inner),
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn not_json(error: &serde_json::Error) -> Unreadable {
    Unreadable::NotJson(format!("the body is no JSON: {error}"))
}

/// The error without its line and column: the field's path says more.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

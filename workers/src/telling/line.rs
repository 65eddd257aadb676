//! The words themselves, bounded. Pure.

use nexus_schema::jobs::NewLine;
use serde_json::{Value, json};

/// Longest message beside a progress, in characters.
const PROGRESS_MESSAGE_CHARS_MAX: usize = 200;

/// What a line costs in memory beside its texts, in bytes.
const LINE_OVERHEAD: usize = 128;

/// How much a line of a job's log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// For who looks for a fault.
    Debug,
    /// What happened.
    Info,
    /// What asks for a look.
    Warn,
    /// What went wrong.
    Error,
}

impl LogLevel {
    /// The name stored with a line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line's texts within a bound: fields that find no room are left out as a whole, since half of a
/// JSON object is none, and then the message is cut.
pub(super) fn cut(message: &str, fields: &Value, bytes_max: usize) -> (String, Option<String>) {
    let message = without_nul(message);
    // Postgres's json would not hand it out as text.
    let mut fields = (!fields.is_null()).then(|| fields.to_string().replace("\\u0000", "\\ufffd"));
    if let Some(text) = &mut fields
        && message.len() + text.len() > bytes_max
    {
        *text = json!({ "left_out_bytes": text.len() }).to_string();
    }
    let room = bytes_max.saturating_sub(fields.as_deref().map_or(0, str::len));
    (shortened(message, room), fields)
}

/// What stands beside a progress; `None` where nothing does.
pub(super) fn progress_message(message: &str) -> Option<String> {
    let text: String = without_nul(message)
        .chars()
        .take(PROGRESS_MESSAGE_CHARS_MAX)
        .collect();
    (!text.is_empty()).then_some(text)
}

/// What a line takes of the buffer.
pub(super) fn bytes(line: &NewLine) -> usize {
    LINE_OVERHEAD + line.message.len() + line.fields.as_deref().map_or(0, str::len)
}

/// Postgres's text cannot hold it.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn shortened(mut text: String, bytes_max: usize) -> String {
    const MARK: &str = "…";
    if text.len() > bytes_max {
        let most = bytes_max.saturating_sub(MARK.len());
        let at = (0..=most).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(at.unwrap_or(0));
        text.push_str(MARK);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_is_kept_and_fields_go_before_the_message() {
        let kept = cut("read", &json!({"rows": 7}), 100);
        assert_eq!(kept, ("read".to_owned(), Some("{\"rows\":7}".to_owned())));
        assert_eq!(cut("read", &Value::Null, 100).1, None);
        let (message, fields) = cut("read", &json!({"raw": "x".repeat(100)}), 100);
        assert_eq!(message, "read");
        assert_eq!(fields.as_deref(), Some("{\"left_out_bytes\":110}"));
        assert_eq!(cut("a\0b", &Value::Null, 100).0, "a\u{fffd}b");
        assert_eq!(progress_message(""), None);
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_allowed(message in ".{0,300}", field in ".{0,300}", most in 100_usize..400) {
            let (message, fields) = cut(&message, &json!({ "f": field }), most);
            let fields = fields.unwrap_or_default();
            prop_assert!(message.len() + fields.len() <= most);
            prop_assert!(serde_json::from_str::<Value>(&fields).is_ok());
        }
    }
}

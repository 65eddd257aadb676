//! Colours, sparingly.

/// How a text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Headings.
    Bold,
    /// What is of less interest.
    Dim,
    /// What went well.
    Good,
    /// What asks for a look.
    Warn,
    /// What went wrong.
    Bad,
    /// What is under way.
    Busy,
    /// Everything else.
    Plain,
}

impl Style {
    /// The text between the style's escape sequences.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "31",
            Self::Busy => "36",
            Self::Plain => return text.to_owned(),
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// The style of a state: of a job, a dataset, a case or a process.
    pub(crate) fn of_state(state: &str) -> Self {
        match state {
            "completed" | "loaded" | "applied" => Self::Good,
            "running" | "loading" => Self::Busy,
            "retryable" | "draining" | "pending" | "quiet" => Self::Warn,
            "discarded" | "failed" | "silent" => Self::Bad,
            "cancelled" | "closed" => Self::Dim,
            state if state.ends_with("away") => Self::Bad,
            _ => Self::Plain,
        }
    }
}

//! Unique jobs: of those with one key, one is enqueued.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::state::State;

/// What makes a job unique, against which others, and what is done with the second.
///
/// Jobs have the same key if they agree in tenant, kind and the chosen fields of their
/// arguments. Who comes second is not enqueued while the one before it is in one of
/// [`Unique::states`], and the window, if there is one, is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// Top-level fields of the arguments that make the key; none: all of the arguments.
    pub by: Vec<String>,
    /// The key itself, within the tenant and kind, where it is not the arguments' to say.
    pub key: Option<String>,
    /// For how long a key is held, counted from the enqueue of the job that took it. `None`:
    /// until that job ends.
    pub window: Option<Duration>,
    /// The states in which the one before is in the way; `None`: while it is unfinished and,
    /// where there is a window, after it has completed.
    pub states: Option<Vec<State>>,
    /// What is done with the second.
    pub on_conflict: OnConflict,
}

/// What is done with a job whose key another one has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The other one's id is returned.
    #[default]
    Existing,
    /// The other one, while it waits, takes over what is said here; its id is returned.
    Replace {
        /// The arguments.
        args: bool,
        /// The due time, and with it the deadline.
        due: bool,
    },
    /// It is refused.
    Reject,
}

impl Unique {
    /// Most fields that a key is made of.
    pub const FIELDS_MAX: usize = 20;
    /// Longest name of a field, in bytes.
    pub const FIELD_BYTES_MAX: usize = 200;

    /// Longest key, in bytes.
    pub const KEY_BYTES_MAX: usize = 1200;

    /// By all of its arguments, while another one is unfinished.
    pub const fn by_args() -> Self {
        Self {
            by: Vec::new(),
            key: None,
            window: None,
            states: None,
            on_conflict: OnConflict::Existing,
        }
    }

    /// By these fields of its arguments, while another one is unfinished.
    pub fn by(fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            by: fields.into_iter().map(Into::into).collect(),
            ..Self::by_args()
        }
    }

    /// By this key, which says nothing of its arguments, while another one is unfinished.
    pub fn key(key: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            ..Self::by_args()
        }
    }

    /// The same, but for so long.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// The same, against jobs in these states.
    pub fn states(mut self, states: impl IntoIterator<Item = State>) -> Self {
        self.states = Some(states.into_iter().collect());
        self
    }

    /// The same, with something else done with the second.
    pub const fn on_conflict(mut self, act: OnConflict) -> Self {
        self.on_conflict = act;
        self
    }

    /// The states in which the one before is in the way.
    pub fn states_minded(&self) -> Vec<State> {
        let minded = |state: &State| {
            !state.is_final() || (self.window.is_some() && *state == State::Completed)
        };
        self.states
            .clone()
            .unwrap_or_else(|| State::ALL.into_iter().filter(minded).collect())
    }

    /// Whether it can be; the text says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let fits = |name: &String| {
            (1..=Self::FIELD_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control)
        };
        if self.by.len() > Self::FIELDS_MAX || !self.by.iter().all(fits) {
            return Err(format!(
                "unique by at most {} fields, each of 1 to {} bytes",
                Self::FIELDS_MAX,
                Self::FIELD_BYTES_MAX
            ));
        }
        if let Some(key) = &self.key {
            if !(1..=Self::KEY_BYTES_MAX).contains(&key.len()) || key.contains('\0') {
                return Err(format!(
                    "unique by a key of 1 to {} bytes",
                    Self::KEY_BYTES_MAX
                ));
            }
            if !self.by.is_empty() {
                return Err("unique by a key or by fields, not both".to_owned());
            }
        }
        if self.window == Some(Duration::ZERO) {
            return Err("the window of unique must be above zero".to_owned());
        }
        let states = self.states_minded();
        if states.is_empty() {
            return Err("unique against no state at all".to_owned());
        }
        if self.window.is_none() && states.into_iter().any(State::is_final) {
            return Err(
                "unique against a final state needs a window: the key would be taken for ever"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl OnConflict {
    /// The last one's arguments count, at the first one's time.
    pub const REPLACE: Self = Self::Replace {
        args: true,
        due: false,
    };
    /// The last one's arguments count, at the last one's time.
    pub const DEBOUNCE: Self = Self::Replace {
        args: true,
        due: true,
    };

    const NAMED: [(&'static str, Self); 4] = [
        ("existing", Self::Existing),
        ("replace", Self::REPLACE),
        ("debounce", Self::DEBOUNCE),
        ("reject", Self::Reject),
    ];
}

impl FromStr for OnConflict {
    type Err = BadOnConflict;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::NAMED.iter().find(|(name, _)| *name == text);
        named
            .map(|(_, act)| *act)
            .ok_or_else(|| BadOnConflict(text.to_owned()))
    }
}

/// Why a text is no [`OnConflict`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOnConflict(String);

impl fmt::Display for BadOnConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not one of existing, replace, debounce and reject",
            self.0
        )
    }
}

impl std::error::Error for BadOnConflict {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completed_jobs_are_minded_only_within_a_window() {
        let unfinished = [
            State::Scheduled,
            State::Available,
            State::Running,
            State::Retryable,
        ];
        assert_eq!(Unique::by_args().states_minded(), unfinished);
        let within = Unique::by_args().window(Duration::from_secs(1));
        assert!(within.states_minded().contains(&State::Completed));
        assert!(!within.states_minded().contains(&State::Discarded));
    }

    #[test]
    fn a_key_is_not_taken_for_ever() {
        let against = Unique::by(["a"]).states([State::Running, State::Discarded]);
        assert!(against.check().unwrap_err().contains("needs a window"));
        assert_eq!(against.window(Duration::from_secs(1)).check(), Ok(()));
        assert!(Unique::by_args().states([]).check().is_err());
        assert!(Unique::by([""]).check().is_err());
        assert!(Unique::by_args().window(Duration::ZERO).check().is_err());
        assert_eq!(Unique::key("event 7").check(), Ok(()));
        assert!(Unique::key("").check().is_err());
        let both = Unique {
            by: vec!["a".to_owned()],
            ..Unique::key("b")
        };
        assert!(both.check().is_err());
    }

    #[test]
    fn names_are_read() {
        assert_eq!("debounce".parse(), Ok(OnConflict::DEBOUNCE));
        assert_eq!("existing".parse(), Ok(OnConflict::default()));
        assert!("merge".parse::<OnConflict>().is_err());
    }
}

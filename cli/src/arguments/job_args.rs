//! A job's arguments on the command line: JSON, a file of it, or standard input.

use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use serde_json::value::RawValue;

use crate::exit::{Exit, Failure};

/// Where the arguments stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobArgs {
    /// On the command line.
    Inline(String),
    /// In a file: `@FILE`.
    File(PathBuf),
    /// On standard input: `-`.
    Stdin,
}

impl FromStr for JobArgs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('@') {
            Some("") => Err("expected a file's name after @".to_owned()),
            Some(file) => Ok(Self::File(file.into())),
            None if text == "-" => Ok(Self::Stdin),
            None => Ok(Self::Inline(text.to_owned())),
        }
    }
}

impl JobArgs {
    /// Reads the arguments, at most `bytes_max` of them.
    pub(crate) fn read(&self, bytes_max: u64) -> anyhow::Result<Box<RawValue>> {
        let (text, place) = match self {
            Self::Inline(text) => (text.clone(), "--args".to_owned()),
            Self::File(path) => {
                let place = path.display().to_string();
                let file = std::fs::File::open(path)
                    .map_err(|error| Failure::new(Exit::Usage, format!("{place}: {error}")))?;
                (
                    bounded(file, bytes_max).with_context(|| place.clone())?,
                    place,
                )
            }
            Self::Stdin => {
                let place = "standard input";
                (
                    bounded(std::io::stdin().lock(), bytes_max).context(place)?,
                    place.to_owned(),
                )
            }
        };
        parse(&text).map_err(|error| {
            Failure::new(Exit::Usage, format!("{place}: not JSON: {error}"))
                .hint("arguments are JSON, such as --args '{\"padding\": \"x\"}'; --args @FILE reads a file")
                .into()
        })
    }
}

fn parse(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_str::<Box<RawValue>>(text.trim())
}

fn bounded(from: impl Read, bytes_max: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    // A little more, for white space around: the ledger judges the arguments themselves.
    let limit = bytes_max.saturating_add(1024);
    let read = from
        .take(limit + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        let wrong = format!("more than {bytes_max} bytes (enqueue.args_bytes_max)");
        let hint = "larger inputs belong into a file that the arguments name";
        return Err(Failure::new(Exit::Usage, wrong).hint(hint).into());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::diagnose;

    #[test]
    fn the_first_character_says_where_arguments_stand() {
        assert_eq!("-".parse(), Ok(JobArgs::Stdin));
        assert_eq!("@a.json".parse(), Ok(JobArgs::File("a.json".into())));
        assert_eq!("{}".parse(), Ok(JobArgs::Inline("{}".into())));
        assert!("@".parse::<JobArgs>().is_err());
    }

    #[test]
    fn what_is_not_json_is_the_callers_mistake() {
        let error = JobArgs::Inline("{a}".into()).read(100).unwrap_err();
        assert_eq!(diagnose(&error).exit, Exit::Usage);
        assert!(bounded("x".repeat(2000).as_bytes(), 100).is_err());
        let kept = JobArgs::Inline(" { \"b\":1,  \"a\": 2 }".into())
            .read(100)
            .unwrap();
        assert_eq!(kept.get(), "{ \"b\":1,  \"a\": 2 }");
    }
}

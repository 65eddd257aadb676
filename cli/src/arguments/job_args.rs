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

/// How large what is read may be, and what is said where it is not as it must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// Bytes.
    pub(crate) bytes_max: u64,
    /// The setting that they come from.
    pub(crate) setting: &'static str,
    /// What it is called where it stands on the command line.
    pub(crate) inline: &'static str,
    /// What it should be.
    pub(crate) hint: &'static str,
}

impl JobArgs {
    /// Reads the arguments, at most `bytes_max` of them.
    pub(crate) fn read(&self, bytes_max: u64) -> anyhow::Result<Box<RawValue>> {
        self.read_within(&Bound {
            bytes_max,
            setting: "enqueue.args_bytes_max",
            inline: "--args",
            hint: "arguments are JSON, such as --args '{\"padding\": \"x\"}'; --args @FILE reads a file",
        })
    }

    /// Reads any JSON.
    pub(crate) fn read_within(&self, bound: &Bound) -> anyhow::Result<Box<RawValue>> {
        let (text, place) = match self {
            Self::Inline(text) => (text.clone(), bound.inline.to_owned()),
            Self::File(path) => {
                let place = path.display().to_string();
                let file = std::fs::File::open(path)
                    .map_err(|error| Failure::new(Exit::Usage, format!("{place}: {error}")))?;
                (bounded(file, bound).with_context(|| place.clone())?, place)
            }
            Self::Stdin => {
                let place = "standard input";
                let text = bounded(std::io::stdin().lock(), bound).context(place)?;
                (text, place.to_owned())
            }
        };
        parse(&text).map_err(|error| {
            Failure::new(Exit::Usage, format!("{place}: not JSON: {error}"))
                .hint(bound.hint)
                .into()
        })
    }
}

fn parse(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_str::<Box<RawValue>>(text.trim())
}

fn bounded(from: impl Read, bound: &Bound) -> anyhow::Result<String> {
    let bytes_max = bound.bytes_max;
    let mut text = String::new();
    // A little more, for white space around: the ledger judges the arguments themselves.
    let limit = bytes_max.saturating_add(1024);
    let read = from
        .take(limit + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        let wrong = format!("more than {bytes_max} bytes ({})", bound.setting);
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
        let bound = Bound {
            bytes_max: 100,
            setting: "a.setting",
            inline: "--args",
            hint: "",
        };
        let error = bounded("x".repeat(2000).as_bytes(), &bound).unwrap_err();
        assert_eq!(error.to_string(), "more than 100 bytes (a.setting)");
        let kept = JobArgs::Inline(" { \"b\":1,  \"a\": 2 }".into())
            .read(100)
            .unwrap();
        assert_eq!(kept.get(), "{ \"b\":1,  \"a\": 2 }");
    }
}

//! Proposing a profile for a file from its beginning: what each column holds, how it is written,
//! how sure that is, and why. What the sample cannot say is asked, never guessed.
//!
//! | file | what |
//! |---|---|
//! | [`sample`], `dialect`, [`reading`] | the beginning of a file as a table |
//! | `values`, `dates`, `amounts`, `facts` | what is known of each column by itself |
//! | `kind`, `words`, `mapping` | what the rows are, and which column fills which field |
//! | `shared`, `natural_key` | what all rows have in common, and which could be the same row again |
//! | [`answers`], `questions` | what is left open |
//! | `plan`, `contents`, `verdicts`, `toml` | the proposal, for people and as a profile |

use serde::Serialize;

pub mod answers;
pub mod reading;
pub mod sample;

mod amounts;
mod contents;
mod dates;
mod dialect;
mod facts;
mod kind;
mod mapping;
mod natural_key;
mod plan;
mod questions;
mod shared;
#[cfg(test)]
mod tests;
mod toml;
mod values;
mod verdicts;
mod words;

pub use answers::{Answer, Answers, Choice, DateOrder, DecimalMark, Question};
pub use reading::{SampleError, read_file, read_sample};
pub use sample::{Dialect, Inside, Sample, SampleFormat};

use amounts::Amounts;
use facts::Facts;
use kind::Decision;
use plan::Plan;

use crate::process_dataset::table::ColumnKind;

/// How sure something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// Open: a question has to be answered first.
    Asked,
    /// Something speaks for it. Look before you load.
    Unsure,
    /// The name or the contents say so, and nothing speaks against it.
    Likely,
    /// The name and the contents say so.
    Sure,
}

impl Sure {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unsure => "unsure",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// A profile that fits a sample, as far as the sample says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What the rows are.
    #[serde(rename = "type")]
    pub dataset_type: &'static str,
    /// How sure that is.
    pub type_sure: Sure,
    /// Why, in a line.
    pub type_why: String,
    /// The file's format, as profiles name it.
    pub format: &'static str,
    /// The encoding of its text; none in formats that are no text.
    pub encoding: Option<&'static str>,
    /// Records that the sample has.
    pub records: usize,
    /// Records of the sample that do not fit the table, and are not among them.
    pub odd_records: usize,
    /// What is proposed for each column of the file, in its order.
    pub columns: Vec<ColumnVerdict>,
    /// What has to be answered before the profile can be used.
    pub questions: Vec<Question>,
    /// The profile. With questions open, their lines are commented out.
    pub toml: String,
}

/// What is proposed for one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnVerdict {
    /// What the column is called.
    pub column: String,
    /// The fields that it fills; none if it is not loaded.
    pub fields: Vec<&'static str>,
    /// How it is written, where that matters.
    pub written: Option<String>,
    /// Values that are written so, or that are there at all.
    pub fits: u64,
    /// Out of so many.
    pub of: u64,
    /// How sure it is; `None` for a column that is not loaded.
    pub sure: Option<Sure>,
    /// Why, in a line.
    pub why: String,
}

/// Proposes a profile.
pub fn propose(sample: &Sample, answers: &Answers) -> Proposal {
    let facts: Vec<Facts<'_>> = (0..sample.columns.len())
        .map(|column| Facts::of(sample, column))
        .collect();
    let Decision {
        dataset_type,
        sure: type_sure,
        why: type_why,
        choices,
    } = match answers.dataset_type {
        Some(said) => Decision::said(said),
        None => kind::decide(&facts),
    };
    let pairs = mapping::pairs(dataset_type, &facts, sample.rows.len() as u64);
    let money = pairs
        .iter()
        .filter(|pair| mapping::kind(pair.field) == ColumnKind::Money);
    let amounts = money
        .map(|pair| facts[pair.column].amounts.clone())
        .reduce(Amounts::and)
        .unwrap_or_default();
    let plan = Plan {
        sample,
        answers: *answers,
        dataset_type,
        types_open: if type_sure == Sure::Asked {
            choices
        } else {
            Vec::new()
        },
        facts,
        pairs,
        amounts,
    };
    let questions = questions::ask(&plan);
    Proposal {
        dataset_type: dataset_type.as_str(),
        type_sure,
        type_why,
        format: sample.format.format().name(),
        encoding: sample.encoding.map(|(encoding, _)| encoding.as_str()),
        records: sample.rows.len(),
        odd_records: sample.odd_records,
        columns: verdicts::columns(&plan),
        toml: toml::write(&plan, &questions),
        questions,
    }
}

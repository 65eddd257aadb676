//! What a sample cannot say: questions, and the answers to them.

use serde::Serialize;

use crate::process_dataset::parquet_file::Doubles;
use crate::process_dataset::table::DatasetType;
use crate::process_dataset::text::amount::NegativeSuffix;
use crate::process_dataset::text::steps::Steps;

/// What somebody who knows the file has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What the rows are.
    pub dataset_type: Option<DatasetType>,
    /// Which number of 03/04/2010 comes first.
    pub dates: Option<DateOrder>,
    /// The mark before the decimals.
    pub decimal_mark: Option<DecimalMark>,
    /// Which of DR and CR is negative.
    pub negative: Option<NegativeSuffix>,
    /// What counts of days, weeks and so on start from.
    pub steps: Option<Steps>,
    /// What all parties of the file are.
    pub role: Option<&'static str>,
    /// What all entries of the calendar are.
    pub entry: Option<&'static str>,
    /// What becomes of binary floats.
    pub doubles: Option<Doubles>,
}

/// The order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2010
    DayFirst,
    /// 12/31/2010
    MonthFirst,
}

/// The mark before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Answers::dates`].
    Dates(DateOrder),
    /// To [`Answers::decimal_mark`].
    DecimalMark(DecimalMark),
    /// To [`Answers::negative`].
    Negative(NegativeSuffix),
    /// To [`Answers::dataset_type`].
    Type(DatasetType),
    /// To [`Answers::role`].
    Role(&'static str),
    /// To [`Answers::entry`].
    Entry(&'static str),
    /// To [`Answers::doubles`].
    Doubles(Doubles),
}

/// Something that the sample leaves open, and that must not be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The columns that it is about.
    pub columns: Vec<String>,
    /// The question, in a sentence.
    pub text: String,
    /// What can be answered. None where only the file's owner or another file can help.
    pub choices: Vec<Choice>,
}

/// One answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What it means, by an example from the file.
    pub means: String,
    /// The option of the command line that says so.
    pub option: String,
    /// The answer itself; `None` where it has to be written out.
    #[serde(skip)]
    pub answer: Option<Answer>,
}

impl Answers {
    /// Takes an answer.
    pub fn give(&mut self, answer: Answer) {
        match answer {
            Answer::Dates(order) => self.dates = Some(order),
            Answer::DecimalMark(mark) => self.decimal_mark = Some(mark),
            Answer::Negative(suffix) => self.negative = Some(suffix),
            Answer::Type(dataset_type) => self.dataset_type = Some(dataset_type),
            Answer::Role(role) => self.role = Some(role),
            Answer::Entry(entry) => self.entry = Some(entry),
            Answer::Doubles(doubles) => self.doubles = Some(doubles),
        }
    }
}

impl DecimalMark {
    /// The mark.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Point => ".",
            Self::Comma => ",",
        }
    }

    /// The mark as the byte that it is.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }
}

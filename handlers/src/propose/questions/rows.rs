//! Questions about the rows as a whole: what they are, and what all of them have.

use super::super::answers::{Answer, Choice, Question};
use super::super::plan::Plan;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::{CALENDAR_ENTRIES, ColumnKind, DatasetType, PARTY_ROLES};

/// What the rows are, where nothing tells.
pub(super) fn kind(plan: &Plan<'_>) -> Option<Question> {
    if plan.types_open.is_empty() {
        return None;
    }
    let choice = |&dataset_type: &DatasetType| Choice {
        means: match dataset_type {
            DatasetType::Transactions => "payments and postings",
            DatasetType::Expenses => "what employees have spent",
            DatasetType::BankStatements => "what a bank says of an account",
            DatasetType::Parties => "vendors or employees, one a row",
            DatasetType::Calendars => "holidays, period ends or approval limits",
        }
        .to_owned(),
        option: format!("--type {}", dataset_type.as_str()),
        answer: Some(Answer::Type(dataset_type)),
    };
    Some(Question {
        columns: Vec::new(),
        text: "What are the rows? (nothing in the file tells one from the other)".to_owned(),
        choices: plan.types_open.iter().map(choice).collect(),
    })
}

/// What all parties, or all entries, are.
pub(super) fn shared(plan: &Plan<'_>) -> Vec<Question> {
    let open = |field: &Field| plan.lacks(*field) && plan.shared(*field).is_none();
    let question = |field: Field| {
        let (what, words): (_, &[&'static str]) = match field {
            Field::Role => ("parties", PARTY_ROLES),
            _ => ("entries", CALENDAR_ENTRIES),
        };
        let choice = |word: &&'static str| Choice {
            means: format!("each row: {}", word.replace('_', " ")),
            option: format!("--{} {word}", field.name()),
            answer: Some(match field {
                Field::Role => Answer::Role(word),
                _ => Answer::Entry(word),
            }),
        };
        Question {
            columns: Vec::new(),
            text: format!("What are the {what}? (no column says {})", words.join(", ")),
            choices: words.iter().map(choice).collect(),
        }
    };
    let fields = [Field::Role, Field::Entry].into_iter().filter(open);
    fields.map(question).collect()
}

/// Fields that a row must have and that no column fills.
pub(super) fn missing(plan: &Plan<'_>) -> Vec<Question> {
    let question = |field: Field| Question {
        columns: Vec::new(),
        text: format!(
            "Which column is the {0}? Each row of {1} needs one, and no column looks like it: \
             name it in the profile.",
            field.name(),
            plan.dataset_type.as_str(),
        ),
        choices: Vec::new(),
    };
    plan.missing().map(question).collect()
}

impl Plan<'_> {
    /// Fields that a row must have, that no column fills, and that cannot be said for all rows.
    pub(in super::super) fn missing(&self) -> impl Iterator<Item = Field> {
        let required = self.dataset_type.columns().iter().filter(|column| {
            let said_for_all = matches!(column.kind, ColumnKind::RowId | ColumnKind::Choice(_));
            !said_for_all && self.lacks(column.field)
        });
        required
            .map(|column| column.field)
            .filter(|field| match field {
                Field::Date => self.step_column().is_none(),
                Field::Amount => self.pair(Field::Debit).is_none(),
                _ => true,
            })
    }
}

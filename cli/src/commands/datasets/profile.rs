//! `nexus datasets profile`

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use nexus_handlers::process_dataset::parquet_file::Doubles;
use nexus_handlers::process_dataset::table::{CALENDAR_ENTRIES, DatasetType, PARTY_ROLES};
use nexus_handlers::process_dataset::text::amount::NegativeSuffix;
use nexus_handlers::process_dataset::text::date::Date;
use nexus_handlers::process_dataset::text::steps::{StepUnit, Steps};
use nexus_handlers::propose::{Answers, DateOrder, DecimalMark, Sample, propose, read_file};

mod asking;
mod shown;

use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::{note, print};
use asking::ask;

/// What to propose a profile for, and what is known of it.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// CSV or JSON Lines, plain or compressed, or Parquet
    file: PathBuf,
    /// What the rows are, where that is not recognised
    #[arg(long = "type", value_name = "TYPE", value_parser = dataset_type)]
    dataset_type: Option<DatasetType>,
    /// Which number of 03/04/2010 comes first
    #[arg(long, value_enum)]
    dates: Option<DatesArg>,
    /// What stands before the decimals
    #[arg(long, value_name = ".|,", value_parser = decimal_mark)]
    decimal_mark: Option<DecimalMark>,
    /// Which amounts are negative: those that end in DR or in CR
    #[arg(long, value_enum)]
    negative: Option<NegativeArg>,
    /// The day from which a column of whole numbers counts
    #[arg(long, value_name = "DAY", requires = "step")]
    steps_from: Option<Date>,
    /// What it counts
    #[arg(long, value_name = "UNIT", requires = "steps_from", value_parser = step_unit)]
    step: Option<StepUnit>,
    /// What all parties of the file are
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<&'static str>,
    /// What all entries of the calendar are
    #[arg(long, value_name = "ENTRY", value_parser = entry)]
    entry: Option<&'static str>,
    /// Read binary floats of Parquet as the shortest decimals that name them, or refuse them
    #[arg(long, value_name = "HOW", value_parser = doubles)]
    doubles: Option<Doubles>,
    /// Print the profile and nothing else
    #[arg(long, conflicts_with_all = ["out", "json"])]
    toml: bool,
    /// Write the profile to this file, too
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    /// Replace the file of --out
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DatesArg {
    /// 31/12/2010
    DayFirst,
    /// 12/31/2010
    MonthFirst,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NegativeArg {
    /// DR, as the account's holder sees it
    Dr,
    /// CR, as who pays sees it
    Cr,
}

fn dataset_type(text: &str) -> Result<DatasetType, String> {
    word(text, &DatasetType::ALL, DatasetType::as_str)
}

/// One of a few words.
fn word<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().find(|one| name(**one) == text);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn role(text: &str) -> Result<&'static str, String> {
    word(text, PARTY_ROLES, |role| role)
}

fn entry(text: &str) -> Result<&'static str, String> {
    word(text, CALENDAR_ENTRIES, |entry| entry)
}

fn doubles(text: &str) -> Result<Doubles, String> {
    word(text, &Doubles::ALL, Doubles::name)
}

fn decimal_mark(text: &str) -> Result<DecimalMark, String> {
    let marks = [DecimalMark::Point, DecimalMark::Comma];
    let found = marks.into_iter().find(|mark| mark.as_str() == text);
    found.ok_or_else(|| "use . or ,".to_owned())
}

fn step_unit(text: &str) -> Result<StepUnit, String> {
    word(text, &StepUnit::ALL, StepUnit::name)
}

pub(super) async fn run(args: &ProfileArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let path = args.file.clone();
    let sample = tokio::task::spawn_blocking(move || sample(&path)).await??;
    let mut answers = answers(args);
    let mut proposal = propose(&sample, &answers);
    let people = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if people {
        proposal = ask(&sample, &mut answers, proposal)?;
    }
    if let Some(out) = &args.out {
        write(out, args.force, &proposal.toml)?;
    }
    if args.toml {
        print(&proposal.toml)?;
        for question in &proposal.questions {
            note(&shown::question(question));
        }
    } else {
        invocation.output.show(&proposal, |proposal, look| {
            shown::page(&sample, proposal, look)
        })?;
    }
    Ok(if proposal.questions.is_empty() {
        Exit::Ok
    } else {
        Exit::Unfinished
    })
}

fn sample(path: &Path) -> anyhow::Result<Sample> {
    let wrong = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(Exit::NotFound, format!("no file {}", path.display())),
        _ => wrong(error.to_string()),
    })?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    Ok(read_file(file, &name).map_err(|error| wrong(error.to_string()))?)
}

fn answers(args: &ProfileArgs) -> Answers {
    Answers {
        dataset_type: args.dataset_type,
        dates: args.dates.map(|order| match order {
            DatesArg::DayFirst => DateOrder::DayFirst,
            DatesArg::MonthFirst => DateOrder::MonthFirst,
        }),
        decimal_mark: args.decimal_mark,
        negative: args.negative.map(|suffix| match suffix {
            NegativeArg::Dr => NegativeSuffix::Debit,
            NegativeArg::Cr => NegativeSuffix::Credit,
        }),
        steps: args
            .steps_from
            .zip(args.step)
            .map(|(origin, unit)| Steps { origin, unit }),
        role: args.role,
        entry: args.entry,
        doubles: args.doubles,
    }
}

/// Writes the profile to a file of its own.
fn write(path: &Path, force: bool, toml: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(toml.as_bytes()));
    written.map_err(|error| {
        let failure = Failure::new(Exit::Usage, format!("{}: {error}", path.display()));
        match error.kind() {
            ErrorKind::AlreadyExists => failure.hint("--force replaces it"),
            _ => failure,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_not_overwritten_unless_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        write(&path, false, "one, which is longer").unwrap();
        let refused = write(&path, false, "two").unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.hint.unwrap().contains("--force"));
        write(&path, true, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        let error = sample(Path::new("/no/such.csv")).unwrap_err();
        let failure = error.downcast_ref::<Failure>().unwrap();
        assert_eq!(failure.exit, Exit::NotFound);
    }
}

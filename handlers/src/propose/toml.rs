//! The proposal as a profile.

mod sections;
mod styles;
mod writer;

use super::answers::Question;
use super::contents::{grouped, shortened};
use super::mapping;
use super::plan::Plan;
use super::sample::{Dialect, Inside, SampleFormat};
use super::{Sure, verdicts};
use crate::process_dataset::input::{Encoding, EncodingBasis};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::ColumnKind;
use writer::{Writer, quoted};

/// Bytes of a column's name that a load compares.
const NAME_BYTES_MAX: usize = 100;

/// Columns that are not loaded, which the comment about them names.
const UNUSED_SHOWN_MAX: usize = 20;

pub(super) fn write(plan: &Plan<'_>, questions: &[Question]) -> String {
    let mut out = Writer::default();
    let sample = plan.sample;
    out.comment(&format!(
        "Proposed from the first {} records of {}.",
        grouped(sample.rows.len() as u64),
        quoted(&sample.name)
    ));
    for question in questions {
        out.comment(&format!("Open: {}", question.text));
    }
    if plan.types_open.is_empty() {
        out.set("type", plan.dataset_type.as_str());
    }
    for open in &plan.types_open {
        out.comment(&format!("type = {}", quoted(open.as_str())));
    }
    out.set("description", &format!("As in {}", sample.name));
    if !matches!(sample.format, SampleFormat::Csv(_)) {
        out.set("format", sample.format.format().name());
    }
    encoding(plan, &mut out);
    let blanks = blanks(plan);
    if !blanks.is_empty() {
        out.list("blanks", &blanks);
    }
    if let SampleFormat::Csv(dialect) = &sample.format {
        csv(*dialect, &mut out);
    }
    columns(plan, &mut out);
    styles::amount(plan, &mut out);
    for (section, facts) in plan.sections() {
        styles::dates(plan, section, facts, &mut out);
    }
    styles::steps(plan, &mut out);
    sections::defaults(plan, &mut out);
    sections::clean(plan, &mut out);
    sections::parquet(plan, &mut out);
    sections::duplicates(plan, &mut out);
    out.finish()
}

/// Stated where the bytes tell it. Plain ASCII tells nothing of what follows it.
fn encoding(plan: &Plan<'_>, out: &mut Writer) {
    let Some((encoding, basis)) = plan.sample.encoding else {
        return;
    };
    let telling = plan
        .sample
        .telling_text()
        .map(shortened)
        .map(|text| quoted(&text));
    let reads = |text: &str| format!("Right if this reads right: {text}");
    match (basis, telling) {
        (EncodingBasis::ByteOrderMark, _) => {
            out.comment("The file's byte order mark says so.");
        }
        (_, None) if encoding == Encoding::Utf8 => {
            out.comment(
                "The sample is plain ASCII, which does not tell the encoding: a load looks at the \
                 first bytes of each file.",
            );
            return out.set("encoding", "auto");
        }
        (_, Some(text)) if encoding == Encoding::Utf8 => out.comment(&format!(
            "By the look of the bytes, which are hardly UTF-8 by chance. {}",
            reads(&text)
        )),
        // Stated, it would not be doubted, and UTF-8 would load as other letters.
        _ if encoding == Encoding::Windows1252 && plan.sample.has_faults() => {
            out.comment(
                "Windows-1252 by the look of the bytes, but not all of them: the sample is mixed \
                 with UTF-8 or another encoding. So nothing is stated, and a load rejects the rest.",
            );
            return out.set("encoding", "auto");
        }
        (_, Some(text)) if encoding == Encoding::Windows1252 => out.comment(&format!(
            "By the look of the bytes: no UTF-8, so one byte a character. {}",
            reads(&text)
        )),
        _ => out.comment("By the look of the bytes."),
    }
    out.set("encoding", encoding.as_str());
}

/// Texts that mean nothing in any column that is loaded.
fn blanks<'s>(plan: &'s Plan<'_>) -> Vec<&'s str> {
    let mut blanks: Vec<&str> = Vec::new();
    for pair in &plan.pairs {
        let values = &plan.facts[pair.column].values;
        let text = matches!(
            mapping::kind(pair.field),
            ColumnKind::Text | ColumnKind::RowId
        );
        let doubtful = values.doubtful.iter().filter(|_| !text);
        for blank in values.blanks.iter().chain(doubtful) {
            if !blanks.contains(blank) {
                blanks.push(blank);
            }
        }
    }
    blanks
}

fn csv(dialect: Dialect, out: &mut Writer) {
    let text = |byte: u8| char::from(byte).to_string();
    out.section("csv");
    out.set("delimiter", &text(dialect.delimiter));
    match dialect.quote {
        Some(b'"') => {}
        Some(quote) => out.set("quote", &text(quote)),
        None => out.set("quote", ""),
    }
    match dialect.inside {
        Inside::Doubled => {}
        Inside::Stray => out.set("stray_quotes", "literal"),
        Inside::Backslash => out.set("escape", "backslash"),
    }
    if !dialect.header {
        out.line("header = false");
    }
    if dialect.skip_lines > 0 {
        out.line(&format!("skip_lines = {}", dialect.skip_lines));
    }
    if let Some(comment) = dialect.comment {
        out.set("comment", &text(comment));
    }
    if dialect.blank_tails {
        out.set("long_rows", "cut_blank");
    }
}

fn columns(plan: &Plan<'_>, out: &mut Writer) {
    let verdicts = verdicts::columns(plan);
    out.section("columns");
    if plan.pair(Field::RowId).is_none() {
        out.set("row_id", "@row");
    }
    for pair in &plan.pairs {
        let verdict = &verdicts[pair.column];
        let open_amount =
            mapping::kind(pair.field) == ColumnKind::Money && plan.decimal_mark().is_none();
        if let Some(sure @ (Sure::Likely | Sure::Unsure)) = verdict.sure {
            out.comment(&format!("{}: {}", sure.as_str(), verdict.why));
        }
        let line = format!("{} = {}", pair.field.name(), source(plan, pair.column));
        // Read with the wrong mark, an amount would be another one, and nothing would tell.
        out.line(&if open_amount {
            format!("# {line}  # open: see [amount]")
        } else {
            line
        });
    }
    let settled = plan.types_open.is_empty();
    for field in plan.missing().filter(|_| settled) {
        out.line(&format!("# {} = \"\"  # open: which column?", field.name()));
    }
    if let Some(column) = plan.step_column() {
        out.line(&format!("date = {}", source(plan, column)));
    }
    let unused = verdicts.iter().filter(|verdict| verdict.fields.is_empty());
    let unused: Vec<String> = unused.map(|verdict| quoted(&verdict.column)).collect();
    if !unused.is_empty() {
        let shown = unused.len().min(UNUSED_SHOWN_MAX);
        let more = if shown < unused.len() { ", …" } else { "" };
        out.comment(&format!("Not loaded: {}{more}", unused[..shown].join(", ")));
    }
}

/// A column by its name, or by its position where the name does not find it.
fn source(plan: &Plan<'_>, column: usize) -> String {
    let name = &plan.sample.columns[column];
    let key = |name: &str| name.trim().to_lowercase();
    let alike = plan
        .sample
        .columns
        .iter()
        .filter(|other| key(other) == key(name));
    let json = plan.sample.format == SampleFormat::JsonLines;
    // Longer names are cut, and what is no text is shown in another way, before they are compared.
    let whole = name.len() <= NAME_BYTES_MAX && !name.contains(['\0', '\u{fffd}']);
    let findable = whole && !name.trim().is_empty() && name != "@row" && alike.count() == 1;
    if json || plan.sample.has_names() && findable {
        quoted(name)
    } else {
        (column + 1).to_string()
    }
}

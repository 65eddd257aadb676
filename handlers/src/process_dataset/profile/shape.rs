//! The shape of a profile's TOML, before anything but its types is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileShape {
    #[serde(rename = "type")]
    pub(super) dataset_type: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) blanks: Vec<String>,
    #[serde(default)]
    pub(super) optional_columns: Vec<String>,
    #[serde(default)]
    pub(super) csv: CsvShape,
    /// Values are checked later, so that every wrong one is reported and not only the first.
    pub(super) columns: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) amount: AmountShape,
    #[serde(default)]
    pub(super) date: DateShape,
    #[serde(default)]
    pub(super) timestamp: InstantShape,
    #[serde(default)]
    pub(super) posted_at: InstantShape,
    #[serde(default)]
    pub(super) defaults: DefaultsShape,
    #[serde(default)]
    pub(super) clean: CleanShape,
    pub(super) format: Option<String>,
    pub(super) encoding: Option<String>,
    #[serde(default)]
    pub(super) parquet: ParquetShape,
    #[serde(default)]
    pub(super) duplicates: DuplicatesShape,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CsvShape {
    pub(super) delimiter: String,
    pub(super) quote: String,
    pub(super) escape: String,
    pub(super) stray_quotes: String,
    pub(super) comment: String,
    pub(super) skip_lines: i64,
    pub(super) header: bool,
    pub(super) short_rows: String,
    pub(super) long_rows: String,
}

impl Default for CsvShape {
    fn default() -> Self {
        Self {
            delimiter: ",".to_owned(),
            quote: "\"".to_owned(),
            escape: "doubled".to_owned(),
            stray_quotes: "as_is".to_owned(),
            comment: String::new(),
            skip_lines: 0,
            header: true,
            short_rows: "reject".to_owned(),
            long_rows: "reject".to_owned(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AmountShape {
    pub(super) decimal_mark: String,
    pub(super) thousands_marks: Vec<String>,
    pub(super) grouping: String,
    pub(super) currency_signs: Vec<String>,
    pub(super) negative: Vec<String>,
    pub(super) exponent: bool,
}

impl Default for AmountShape {
    fn default() -> Self {
        Self {
            decimal_mark: ".".to_owned(),
            thousands_marks: Vec::new(),
            grouping: "thousands".to_owned(),
            currency_signs: Vec::new(),
            negative: vec!["leading_minus".to_owned()],
            exponent: false,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DateShape {
    pub(super) formats: Vec<String>,
    pub(super) steps: Option<StepsShape>,
    pub(super) zone: Option<String>,
    pub(super) min: Option<Value>,
    pub(super) max: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InstantShape {
    pub(super) formats: Vec<String>,
    pub(super) steps: Option<StepsShape>,
    pub(super) offset: Option<String>,
    pub(super) zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepsShape {
    pub(super) origin: Value,
    pub(super) unit: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CleanShape {
    pub(super) integer_floats: Vec<String>,
    pub(super) control_characters: String,
    pub(super) collapse_spaces: bool,
    pub(super) strip_quotes: bool,
}

impl Default for CleanShape {
    fn default() -> Self {
        Self {
            integer_floats: Vec::new(),
            control_characters: "keep".to_owned(),
            collapse_spaces: false,
            strip_quotes: false,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DefaultsShape {
    pub(super) currency: Option<String>,
    pub(super) role: Option<String>,
    pub(super) entry: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ParquetShape {
    pub(super) doubles: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DuplicatesShape {
    pub(super) policy: Option<String>,
    pub(super) key: Option<Vec<String>>,
}

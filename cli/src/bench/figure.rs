use serde::Serialize;

use crate::output::Look;
use crate::output::number::grouped;
use crate::output::table::{Column, Table};

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    /// Its name, which stays the same for ever.
    pub(super) name: &'static str,
    /// What was measured.
    pub(super) value: f64,
    /// In what.
    pub(super) unit: &'static str,
    /// What the servers alone do, in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ceiling: Option<f64>,
    /// The value's share of the ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ratio: Option<f64>,
}

impl Figure {
    /// A figure that stands for itself.
    pub(super) fn plain(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value: round(value),
            unit,
            ceiling: None,
            ratio: None,
        }
    }

    /// A figure beside its ceiling.
    pub(super) fn beside(name: &'static str, value: f64, unit: &'static str, ceiling: f64) -> Self {
        Self {
            ceiling: Some(round(ceiling)),
            ratio: Some((value / ceiling * 100.0).round() / 100.0),
            ..Self::plain(name, value, unit)
        }
    }
}

/// Three significant digits are more than a noisy machine gives.
fn round(value: f64) -> f64 {
    if value >= 100.0 {
        value.round()
    } else {
        (value * 100.0).round() / 100.0
    }
}

/// A number as people read it: `231,000`, `1.84`.
pub(super) fn readable(value: f64) -> String {
    if value < 100.0 {
        return format!("{value}");
    }
    grouped(format_args!("{value:.0}"))
}

/// The figures as a table.
pub(super) fn render(figures: &[Figure], look: &Look) -> String {
    let mut table = Table::new([
        Column::new("FIGURE"),
        Column::number("VALUE"),
        Column::new("UNIT"),
        Column::number("CEILING"),
        Column::number("RATIO"),
    ]);
    for figure in figures {
        table.row([
            figure.name.to_owned(),
            readable(figure.value),
            figure.unit.to_owned(),
            figure.ceiling.map(readable).unwrap_or_default(),
            figure
                .ratio
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
        ]);
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_at_a_glance() {
        let figures = [
            Figure::beside("ingest.rows_per_s", 231_004.2, "rows/s", 268_000.0),
            Figure::plain("jobs.start_p50_ms", 1.8432, "ms"),
        ];
        insta::assert_snapshot!(render(&figures, &Look::fixed()), @r"
        FIGURE               VALUE  UNIT    CEILING  RATIO
        ingest.rows_per_s  231,004  rows/s  268,000   0.86
        jobs.start_p50_ms     1.84  ms
        ");
        let json = serde_json::to_string(&figures[0]).unwrap();
        insta::assert_snapshot!(json, @r#"
        {"name":"ingest.rows_per_s","value":231004.0,"unit":"rows/s","ceiling":268000.0,"ratio":0.86}
        "#);
    }
}

use nexus_schema::triggers::TriggerVersion;

use crate::output::Look;
use crate::output::table::{Column, Table};
use crate::output::time::instant;

/// A line a change, the newest first.
pub(super) fn table(versions: &[TriggerVersion], look: &Look) -> String {
    let mut table = Table::new([
        Column::number("VERSION"),
        Column::new("CHANGE"),
        Column::new("WHEN"),
        Column::cut("BY"),
        Column::cut("WHY"),
        Column::cut("DEFINITION"),
    ]);
    for version in versions {
        table.row([
            version.version.to_string(),
            version.change.clone(),
            instant(version.changed_at),
            version.changed_by.clone(),
            version.reason.clone().unwrap_or_default(),
            version.definition.to_string(),
        ]);
    }
    table.render(look)
}

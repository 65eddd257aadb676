use nexus_schema::schedules::ScheduleVersion;

use crate::output::Look;
use crate::output::table::{Column, Table};
use crate::output::time::instant;

/// A line a change, the newest first.
pub(super) fn table(versions: &[ScheduleVersion], look: &Look) -> String {
    let mut table = Table::new([
        Column::number("VERSION"),
        Column::new("CHANGE"),
        Column::new("WHEN"),
        Column::cut("BY"),
        Column::cut("DEFINITION"),
    ]);
    for version in versions {
        table.row([
            version.version.to_string(),
            version.change.clone(),
            instant(version.changed_at),
            version.changed_by.clone(),
            version.definition.to_string(),
        ]);
    }
    table.render(look)
}

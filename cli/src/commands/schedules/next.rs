use clap::Args;
use nexus_jobs::schedule::ShownTick;
use nexus_producer::schedules;
use nexus_schema::AsyncPgConnection;
use serde::Serialize;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::instant;

/// Of which schedule, and how many.
#[derive(Debug, Args)]
pub(crate) struct NextArgs {
    /// Its name
    name: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
}

/// The ticks that are to come.
#[derive(Debug, Serialize)]
struct Next {
    schedule: String,
    zone: String,
    ticks: Vec<ShownTick>,
}

pub(super) async fn run(
    args: &NextArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let upcoming = schedules::next(conn, &args.name, args.count as usize).await?;
    let schedule = &upcoming.schedule;
    let next = Next {
        schedule: schedule.name.clone(),
        zone: schedule.definition.zone.clone(),
        ticks: upcoming
            .ticks
            .iter()
            .map(|tick| schedule.shown(*tick))
            .collect(),
    };
    invocation.output.show(&next, render)?;
    Ok(Exit::Ok)
}

fn render(next: &Next, look: &Look) -> String {
    if next.ticks.is_empty() {
        return format!("schedule {} never ticks again", next.schedule);
    }
    let mut table = Table::new([
        Column::new("DAY"),
        Column::new("LOCAL"),
        Column::new("UTC"),
        Column::cut("NOTE"),
    ]);
    for tick in &next.ticks {
        let local = chrono::DateTime::parse_from_rfc3339(&tick.local);
        let day = local.map(|local| local.format("%a").to_string());
        table.styled(
            3,
            Style::Warn,
            [
                day.unwrap_or_default(),
                tick.local.replacen('T', " ", 1),
                instant(tick.tick_at),
                tick.note.clone().unwrap_or_default(),
            ],
        );
    }
    let zone = look.paint(Style::Dim, &format!("on the clocks of {}", next.zone));
    format!("{}{zone}\n", table.render(look))
}

#[cfg(test)]
mod tests {
    use nexus_jobs::schedule::Schedule;
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_of_the_clocks_are_told() {
        let definition = json!({
            "cron": "30 2 * * *", "zone": "Europe/Berlin", "enqueue": { "kind": "noop" },
        });
        let definition = serde_json::from_value(definition).unwrap();
        let schedule = Schedule::new("nightly", 1, definition).unwrap();
        let time = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let spring = schedule.ticks(time("2026-03-28T00:00:00Z"), time("2026-03-30T12:00:00Z"));
        let autumn = schedule.ticks(time("2026-10-24T12:00:00Z"), time("2026-10-26T12:00:00Z"));
        let next = Next {
            schedule: "nightly".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            ticks: spring
                .chain(autumn)
                .map(|tick| schedule.shown(tick))
                .collect(),
        };
        insta::assert_snapshot!(render(&next, &Look::fixed()), @r"
        DAY  LOCAL                      UTC                  NOTE
        Sat  2026-03-28 02:30:00+01:00  2026-03-28 01:30:00
        Sun  2026-03-29 03:00:00+02:00  2026-03-29 01:00:00  clocks skip 02:30:00
        Mon  2026-03-30 02:30:00+02:00  2026-03-30 00:30:00
        Sun  2026-10-25 02:30:00+02:00  2026-10-25 00:30:00  first of two, fires once
        Mon  2026-10-26 02:30:00+01:00  2026-10-26 01:30:00
        on the clocks of Europe/Berlin
        ");
    }
}

use chrono::{DateTime, Utc};
use nexus_jobs::schedule::{Definition, Schedule};
use nexus_schema::schedules::ScheduleView;

use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::output::{Look, text};

/// A line a schedule.
pub(super) fn table(schedules: &[ScheduleView], look: &Look) -> String {
    if schedules.is_empty() {
        return "no schedules; `nexus schedules set NAME --cron '30 2 * * *' --kind KIND` makes one"
            .to_owned();
    }
    let mut table = Table::new([
        Column::cut("NAME"),
        Column::new("STATE"),
        Column::cut("CRON"),
        Column::cut("ZONE"),
        Column::cut("KIND"),
        Column::new("NEXT"),
        Column::number("FIRED"),
    ]);
    let mut whys = String::new();
    for schedule in schedules {
        let (state, style) = state(schedule);
        if let Some(why) = why(schedule) {
            whys.push_str(&text::one_line(&format!("{}: {why}", schedule.name)));
            whys.push('\n');
        }
        let next = schedule.next_at.map(|at| relative(at, look.now));
        table.styled(
            1,
            style,
            [
                schedule.name.clone(),
                state.to_owned(),
                word(schedule, "/cron"),
                word(schedule, "/zone"),
                word(schedule, "/enqueue/kind"),
                next.unwrap_or_default(),
                schedule.fired.to_string(),
            ],
        );
    }
    table.render(look) + &whys
}

/// What asks for a look: why it does not fire, or that ticks failed.
fn why(schedule: &ScheduleView) -> Option<String> {
    let failed = schedule.failed;
    let last = schedule.last_why.as_deref().unwrap_or_default();
    let failing = || format!("{failed} ticks failed; the last without a job: {last}");
    let inactive = schedule.inactive.clone();
    inactive.or_else(|| (failed > 0).then(failing))
}

/// Everything about a schedule.
pub(super) fn page(schedule: &ScheduleView, look: &Look) -> String {
    let title = format!("schedule {}", schedule.name);
    let mut page = Page::new(look, &title).state(state(schedule).0);
    page.optional("because", schedule.inactive.as_deref());
    if let Some(at) = schedule.paused_at {
        let by = schedule.paused_by.as_deref().unwrap_or_default();
        page.field("paused", &format!("{} by {by}", relative(at, look.now)));
    }
    let when = format!(
        "{} on the clocks of {}",
        word(schedule, "/cron"),
        word(schedule, "/zone")
    );
    page.field("ticks", &when);
    page.optional(
        "next",
        schedule
            .next_at
            .map(|at| next(schedule, at, look))
            .as_deref(),
    );
    page.field("fired", &last(schedule, look));
    let (skipped, missed, failed) = (schedule.skipped, schedule.missed, schedule.failed);
    let passed = format!("{skipped} skipped, {missed} missed, {failed} failed");
    page.field("without a job", &passed);
    page.optional("the last one", schedule.last_why.as_deref());
    if !schedule.open_jobs.is_empty() {
        let jobs: Vec<String> = schedule.open_jobs.iter().map(i64::to_string).collect();
        page.field("unfinished", &jobs.join(", "));
    }
    page.field("version", &schedule.version.to_string());
    let changed = relative(schedule.changed_at, look.now);
    page.field("changed", &format!("{changed} by {}", schedule.changed_by));
    page.field("set by", &schedule.origin);
    let definition = serde_json::to_string_pretty(&schedule.definition);
    page.field("definition", &definition.unwrap_or_default());
    page.finish()
}

fn state(schedule: &ScheduleView) -> (&'static str, Style) {
    if schedule.paused_at.is_some() {
        ("paused", Style::Warn)
    } else if schedule.inactive.is_some() {
        ("inactive", Style::Warn)
    } else if schedule.next_at.is_none() {
        ("over", Style::Dim)
    } else {
        ("active", Style::Plain)
    }
}

/// Its next tick, on its own clocks.
fn next(schedule: &ScheduleView, at: DateTime<Utc>, look: &Look) -> String {
    let definition: Option<Definition> = serde_json::from_value(schedule.definition.clone()).ok();
    let known = definition.and_then(|known| Schedule::new(&schedule.name, 0, known).ok());
    let local = known.map_or_else(|| at.to_rfc3339(), |known| known.shown(at).local);
    format!(
        "{}, at {}",
        relative(at, look.now),
        local.replacen('T', " ", 1)
    )
}

fn last(schedule: &ScheduleView, look: &Look) -> String {
    let fired = schedule.fired;
    match (schedule.last_tick_at, schedule.last_job) {
        (Some(at), Some(job)) => {
            format!("{fired}, the last {} as job {job}", relative(at, look.now))
        }
        _ => fired.to_string(),
    }
}

fn word(schedule: &ScheduleView, path: &str) -> String {
    let found = schedule.definition.pointer(path);
    found
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schedule(name: &str) -> ScheduleView {
        let now = Look::fixed().now;
        ScheduleView {
            name: name.into(),
            version: 3,
            definition: json!({
                "cron": "30 2 * * *", "zone": "Europe/Berlin", "enqueue": { "kind": "report" },
            }),
            origin: "operator".into(),
            paused_at: None,
            paused_by: None,
            inactive: None,
            next_at: Some(now + chrono::TimeDelta::minutes(90)),
            open_jobs: Vec::new(),
            fired: 12,
            skipped: 2,
            missed: 40,
            failed: 0,
            last_tick_at: Some(now - chrono::TimeDelta::hours(22)),
            last_job: Some(77),
            last_why: Some("job 76 is unfinished".into()),
            created_at: now,
            created_by: "os:anna".into(),
            changed_at: now,
            changed_by: "os:anna".into(),
        }
    }

    #[test]
    fn what_does_not_fire_says_why() {
        let inactive = ScheduleView {
            inactive: Some("no worker knows kind \"cleanup\"".into()),
            ..schedule("nightly-cleanup")
        };
        let paused = ScheduleView {
            paused_at: Some(Look::fixed().now),
            paused_by: Some("os:anna".into()),
            next_at: None,
            failed: 3,
            ..schedule("paused")
        };
        let listed = table(&[schedule("report"), inactive, paused], &Look::fixed());
        insta::assert_snapshot!(listed, @r#"
        NAME             STATE     CRON        ZONE           KIND    NEXT    FIRED
        report           active    30 2 * * *  Europe/Berlin  report  in 1 h     12
        nightly-cleanup  inactive  30 2 * * *  Europe/Berlin  report  in 1 h     12
        paused           paused    30 2 * * *  Europe/Berlin  report             12
        nightly-cleanup: no worker knows kind "cleanup"
        paused: 3 ticks failed; the last without a job: job 76 is unfinished
        "#);
    }

    #[test]
    fn a_page_has_the_next_tick_on_its_own_clocks() {
        insta::assert_snapshot!(page(&schedule("report"), &Look::fixed()), @r#"
        schedule report · active
          ticks         30 2 * * * on the clocks of Europe/Berlin
          next          in 1 h, at 2027-01-15 10:30:00+01:00
          fired         12, the last 22 h ago as job 77
          without a job 2 skipped, 40 missed, 0 failed
          the last one  job 76 is unfinished
          version       3
          changed       0 s ago by os:anna
          set by        operator
          definition    {
                          "cron": "30 2 * * *",
                          "enqueue": {
                            "kind": "report"
                          },
                          "zone": "Europe/Berlin"
                        }
        "#);
    }
}

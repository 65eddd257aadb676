use nexus_schema::triggers::TriggerView;

use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::output::{Look, text};

/// A line a trigger.
pub(super) fn table(triggers: &[TriggerView], look: &Look) -> String {
    if triggers.is_empty() {
        return "no triggers; `nexus triggers set NAME --definition @FILE` makes one".to_owned();
    }
    let mut table = Table::new([
        Column::cut("NAME"),
        Column::new("STATE"),
        Column::number("VERSION"),
        Column::cut("ON"),
        Column::cut("ENQUEUES"),
        Column::number("FIRED"),
        Column::number("SKIPPED"),
        Column::number("FAILED"),
    ]);
    let mut whys = String::new();
    for trigger in triggers {
        let (state, style) = if trigger.enabled {
            ("enabled", Style::Plain)
        } else {
            ("disabled", Style::Warn)
        };
        if let Some(why) = trigger.reason.as_ref().or(trigger.skipped_why.as_ref()) {
            whys.push_str(&text::one_line(&format!("{}: {why}", trigger.name)));
            whys.push('\n');
        }
        table.styled(
            1,
            style,
            [
                trigger.name.clone(),
                state.to_owned(),
                trigger.version.to_string(),
                on(trigger),
                word(trigger, "/enqueue/kind"),
                trigger.fired.to_string(),
                trigger.skipped.to_string(),
                trigger.failed.to_string(),
            ],
        );
    }
    table.render(look) + &whys
}

/// Everything about a trigger.
pub(super) fn page(trigger: &TriggerView, look: &Look) -> String {
    let title = format!("trigger {}", trigger.name);
    let state = if trigger.enabled {
        "enabled"
    } else {
        "disabled"
    };
    let mut page = Page::new(look, &title).state(state);
    page.optional("because", trigger.reason.as_deref());
    page.field("version", &trigger.version.to_string());
    let changed = relative(trigger.changed_at, look.now);
    page.field("changed", &format!("{changed} by {}", trigger.changed_by));
    page.field("fired", &when(trigger.fired, trigger.fired_at, look));
    if let Some(why) = &trigger.skipped_why {
        let at = trigger.skipped_at.map(|at| relative(at, look.now));
        let (skipped, failed) = (trigger.skipped, trigger.failed);
        page.field("passed over", &format!("{skipped}, and {failed} failed"));
        page.field(
            "the last one",
            &format!("{}: {why}", at.unwrap_or_default()),
        );
    }
    let definition = serde_json::to_string_pretty(&trigger.definition);
    page.field("definition", &definition.unwrap_or_default());
    page.finish()
}

fn when(times: i64, last: Option<chrono::DateTime<chrono::Utc>>, look: &Look) -> String {
    last.map_or_else(
        || times.to_string(),
        |at| format!("{times}, last {}", relative(at, look.now)),
    )
}

fn on(trigger: &TriggerView) -> String {
    let mut on = word(trigger, "/on/type");
    for (path, before) in [
        ("/on/kind", "of"),
        ("/on/outcome", "as"),
        ("/on/topic", "from"),
    ] {
        let value = word(trigger, path);
        if !value.is_empty() {
            on.push_str(&format!(" {before} {value}"));
        }
    }
    on
}

fn word(trigger: &TriggerView, path: &str) -> String {
    let found = trigger.definition.pointer(path);
    found
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trigger(name: &str) -> TriggerView {
        let now = Look::fixed().now;
        TriggerView {
            name: name.into(),
            version: 3,
            definition: json!({
                "on": { "type": "job.completed", "kind": "process_dataset" },
                "enqueue": { "kind": "report" },
            }),
            enabled: true,
            reason: None,
            fired: 12,
            skipped: 0,
            failed: 0,
            fired_at: Some(now),
            skipped_at: None,
            skipped_why: None,
            created_at: now,
            created_by: "os:anna".into(),
            changed_at: now,
            changed_by: "os:anna".into(),
        }
    }

    #[test]
    fn what_was_disabled_says_why() {
        let why = "more than 600 jobs a minute (rate_per_minute)";
        let looping = TriggerView {
            enabled: false,
            reason: Some(why.into()),
            skipped: 4,
            skipped_why: Some(why.into()),
            skipped_at: Some(Look::fixed().now),
            ..trigger("loop")
        };
        let listed = table(&[trigger("after-load"), looping.clone()], &Look::fixed());
        insta::assert_snapshot!(listed, @r"
        NAME        STATE     VERSION  ON               ENQUEUES  FIRED  SKIPPED  FAILED
        after-load  enabled         3  job.completed …  report       12        0       0
        loop        disabled        3  job.completed …  report       12        4       0
        loop: more than 600 jobs a minute (rate_per_minute)
        ");
        let shown = page(&looping, &Look::fixed());
        assert!(shown.contains("disabled") && shown.contains(why), "{shown}");
    }
}

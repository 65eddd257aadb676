use super::*;

fn refused(definition: Value) -> String {
    match serde_json::from_value(definition) {
        Ok(definition) => Schedule::new("s", 1, definition).unwrap_err(),
        Err(error) => error.to_string(),
    }
}

fn cron(cron: &str) -> String {
    refused(json!({ "cron": cron, "enqueue": { "kind": "noop" } }))
}

#[test]
fn an_expression_is_refused_by_its_field() {
    assert_eq!(
        cron("0 25 * * *"),
        r#"cron: hour: "25" is not allowed: use 0 to 23, * for all, a-b for a range, */n for steps, and lists of these"#
    );
    assert_eq!(
        cron("0 0 * * 8"),
        r#"cron: day of week: "8" is not allowed: use 0 to 7, SUN to SAT, * for all, a-b for a range, */n for steps, and lists of these"#
    );
    assert_eq!(
        cron("*/90 * * * *"),
        r#"cron: minute: the step of "*/90" is no number of 1 to 60"#
    );
    assert_eq!(
        cron("0 22-2 * * *"),
        r#"cron: hour: the range "22-2" goes down: write it as two, 22-23,0-2"#
    );
    for (text, start) in [
        ("0 0 L * *", "cron: day of month: \"L\""),
        ("0 0 0 * *", "cron: day of month: \"0\""),
        ("? * * * *", "cron: minute: \"?\""),
        ("0 0 * * MON#2", "cron: day of week: \"MON#2\""),
        ("0 0 * , *", "cron: month: \"\""),
        ("0 0 * * MO", "cron: day of week: \"MO\""),
        ("+5 * * * *", "cron: minute: \"+5\""),
        ("0 0 0 1 1 * 1969", "cron: year: \"1969\""),
        ("* * * *", "cron: 4 fields: use 5 "),
        ("", "cron: 0 fields"),
        ("@reboot", "cron: there is no \"@reboot\": use @yearly, "),
        ("0 0 30 2 *", "cron: \"0 0 30 2 *\" never fires"),
        (
            "0 0 0 29 2 * 2025",
            "cron: \"0 0 0 29 2 * 2025\" never fires",
        ),
    ] {
        let wrong = cron(text);
        assert!(wrong.starts_with(start), "{text}: {wrong}");
    }
}

#[test]
fn names_and_steps_are_taken_as_crontab_does() {
    let same = |a: &str, b: &str| {
        let ticks = |cron| {
            let schedule = of(cron, "UTC");
            let from = utc("2026-01-01T00:00:00Z");
            schedule
                .ticks(from, from + chrono::TimeDelta::days(40))
                .collect::<Vec<_>>()
        };
        assert_eq!(ticks(a), ticks(b), "{a} and {b}");
    };
    same("0 0 * * 0", "0 0 * * 7");
    same("0 0 * * 5-7", "0 0 * * FRI,sat,Sunday");
    same("0 0 * * fri-sun", "0 0 * * 0,5,6");
    same("0 0 * * MON-FRI", "0 0 0 ? * 1-5 *");
    same("0 0 * * */2", "0 0 * * 0,2,4,6");
    same("0 0 * jan-Feb *", "0 0 * 1,2 *");
    same("20/20 * * * *", "20,40 * * * *");
    same("0 0 10 * 1", "0 0 10 * Mon,Monday");
    same("@weekly", "0 0 * * SUN");
    same("@Midnight", "@daily");
    same("  0   0 * * *\t", "0 0 * * *");
}

#[test]
fn a_definition_is_refused_by_its_place() {
    let with = |name: &str, value: Value| {
        let mut definition = json!({ "cron": "@daily", "enqueue": { "kind": "noop" } });
        definition[name] = value;
        refused(definition)
    };
    let enqueue = |name: &str, value: Value| {
        let mut enqueue = json!({ "kind": "noop" });
        enqueue[name] = value;
        with("enqueue", enqueue)
    };
    for (wrong, start) in [
        (
            with("zone", "Europe/Bonn".into()),
            "zone: there is no time zone",
        ),
        (with("jitter_ms", (JITTER_MS_MAX + 1).into()), "jitter_ms: "),
        (with("catch_up_max", 5.into()), "catch_up_max: only with"),
        (with("every", 5.into()), "unknown field `every`"),
        (with("overlap", "never".into()), "unknown variant `never`"),
        (enqueue("kind", "No".into()), "enqueue.kind: "),
        (enqueue("attempts", 0.into()), "enqueue.attempts: "),
        (enqueue("timeout_ms", 0.into()), "enqueue.timeout_ms: "),
        (enqueue("tenant_id", 0.into()), "enqueue.tenant_id: "),
        (enqueue("tags", json!([""])), "enqueue.tags: "),
        (enqueue("limit_key", "".into()), "enqueue.limit_key: "),
        (enqueue("unique_key", "".into()), "enqueue.unique_key: "),
        // The kind is built in, so its arguments are checked here.
        (enqueue("args", json!({ "padding": 7 })), "enqueue.args: "),
        (
            enqueue("args", json!({ "a": [{ "b": "{{ dat }}" }] })),
            "enqueue.args: a: b: {{ dat }}: there is no name \"dat\": use ",
        ),
        (
            enqueue("unique_key", "{{ date - 1x }}".into()),
            "enqueue.unique_key: {{ date - 1x }}: there is no unit \"x\"",
        ),
        (
            enqueue("args", json!({ "a": "{{ date" })),
            "enqueue.args: a: ",
        ),
    ] {
        assert!(wrong.starts_with(start), "{wrong}");
    }
    let backwards = refused(json!({
        "cron": "@daily", "enqueue": { "kind": "noop" },
        "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z",
    }));
    assert_eq!(backwards, "end: is not after start");
    let name = Schedule::new("No", 1, of("@daily", "UTC").definition).unwrap_err();
    assert!(name.starts_with("schedule name \"No\" is not allowed"));
}

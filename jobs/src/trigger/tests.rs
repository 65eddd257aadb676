use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::OWN_SOURCE;
use crate::id::{JobId, TenantId};
use crate::new_job::Due;

fn loaded(rows: i64) -> Event {
    Event {
        id: "7.1.completed".to_owned(),
        source: OWN_SOURCE.to_owned(),
        event_type: "job.completed".to_owned(),
        subject: Some("7".to_owned()),
        time: None,
        job: Some(JobId(7)),
        tenant: TenantId(3),
        kind: Some("process_dataset".to_owned()),
        depth: 0,
        data: json!({
            "outcome": "completed",
            "args": { "dataset_id": 12, "tags": ["a", "b"] },
            "result": { "rows_loaded": rows },
        }),
    }
}

fn trigger(definition: Value) -> Trigger {
    let definition = serde_json::from_value(definition).expect("a definition");
    Trigger::new("follow-up", 1, definition).expect("a trigger")
}

fn refused(definition: Value) -> String {
    match serde_json::from_value(definition) {
        Ok(definition) => Trigger::new("t", 1, definition).unwrap_err(),
        Err(error) => error.to_string(),
    }
}

fn fired(trigger: &Trigger, event: &Event) -> NewJob {
    match trigger.judge(event, 8) {
        Verdict::Fires(job) => *job,
        other => panic!("{other:?}"),
    }
}

fn with_when(when: &Value) -> Trigger {
    trigger(json!({ "on": { "type": "*" }, "when": [when], "enqueue": { "kind": "noop" } }))
}

#[test]
fn an_event_becomes_a_job_with_its_own_facts() {
    let trigger = trigger(json!({
        "on": { "type": "job.completed", "kind": "process_dataset", "outcome": "completed" },
        "when": [{ "path": "$.data.result.rows_loaded", "above": 0 }],
        "enqueue": {
            "kind": "report",
            "args": {
                "dataset": "{{ $.data.args.dataset_id }}",
                "title": "of {{$.data.args.dataset_id}}, by job {{ $.subject }}{{ $.nothing ? }}",
                "tags": "{{ $.data.args.tags }}",
                "none": "{{ $.nothing ? }}",
                "kept": [1, null, { "a": "b" }],
            },
            "queue": "reports", "delay_ms": 250, "order_key": "dataset {{ $.data.args.dataset_id }}",
        },
    }));
    let job = fired(&trigger, &loaded(5));
    let args: Value = serde_json::from_str(job.args.get()).unwrap();
    assert_eq!(
        args,
        json!({
            "dataset": 12, "title": "of 12, by job 7", "tags": ["a", "b"], "none": null,
            "kept": [1, null, { "a": "b" }],
        })
    );
    assert_eq!((job.tenant, job.depth), (TenantId(3), 1));
    assert_eq!(job.queue.as_str(), "reports");
    assert_eq!(job.due, Due::In(Duration::from_millis(250)));
    assert_eq!(job.order_key.as_deref(), Some("dataset 12"));
    let no = trigger.judge(&loaded(0), 8);
    assert!(matches!(no, Verdict::No(Mismatch::Condition(0))), "{no:?}");
}

#[test]
fn type_kind_and_outcome_tell_events_apart() {
    let on = |on: Value| trigger(json!({ "on": on, "enqueue": { "kind": "noop" } }));
    let judged = |on_: Value| on(on_).judge(&loaded(1), 8);
    assert!(matches!(
        judged(json!({ "type": "job.*" })),
        Verdict::Fires(_)
    ));
    let no = |on_: Value| match judged(on_) {
        Verdict::No(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(no(json!({ "type": "job" })), Mismatch::Type);
    assert_eq!(
        no(json!({ "type": "job.*", "kind": "noop" })),
        Mismatch::Kind
    );
    let discarded = json!({ "type": "job.*", "outcome": "discarded" });
    assert_eq!(no(discarded), Mismatch::Outcome);
}

#[test]
fn a_row_of_triggers_ends() {
    let trigger =
        trigger(json!({ "on": { "type": "*" }, "enqueue": { "kind": "noop" }, "depth_max": 2 }));
    let mut event = loaded(1);
    event.depth = 1;
    assert_eq!(fired(&trigger, &event).depth, 2);
    event.depth = 2;
    let verdict = trigger.judge(&event, 100);
    assert!(
        matches!(verdict, Verdict::TooDeep { depth: 3, max: 2 }),
        "{verdict:?}"
    );
}

#[test]
fn what_cannot_be_mapped_is_told_by_its_path() {
    let one = |args: Value| {
        trigger(json!({ "on": { "type": "*" }, "enqueue": { "kind": "noop", "args": args } }))
    };
    let wrong = |args: Value| match one(args).judge(&loaded(1), 8) {
        Verdict::Fails(wrong) => wrong,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        wrong(json!({ "padding": "{{ $.data.nothing }}" })),
        "$.data.nothing selects nothing of the event"
    );
    assert_eq!(
        wrong(json!({ "padding": "{{ $.data.args.tags[*] }}" })),
        "$.data.args.tags[*] selects 2 values of the event, not one"
    );
    // The kind is built in, so its arguments are checked here.
    assert!(wrong(json!({ "padding": 7 })).starts_with("its arguments: "));
}

#[test]
fn conditions_compare_what_is_comparable() {
    let holds = |when: Value| matches!(with_when(&when).judge(&loaded(5), 8), Verdict::Fires(_));
    let rows = "$.data.result.rows_loaded";
    assert!(holds(json!({ "path": rows, "equals": 5.0 })));
    assert!(holds(
        json!({ "path": rows, "at_least": 5, "at_most": 5, "below": 5.5, "above": 4 })
    ));
    assert!(!holds(json!({ "path": rows, "above": "4" })));
    assert!(holds(json!({ "path": rows, "one_of": ["five", 5] })));
    assert!(holds(
        json!({ "path": "$.data.args.tags[*]", "equals": "b" })
    ));
    assert!(!holds(
        json!({ "path": "$.data.args.tags[*]", "not_equals": "b" })
    ));
    assert!(holds(
        json!({ "path": "$.data.nothing", "not_equals": "b" })
    ));
    assert!(holds(json!({ "path": "$.data.nothing", "exists": false })));
    assert!(!holds(json!({ "path": "$.data.nothing" })));
    assert!(!holds(json!({ "path": "$.data.nothing", "equals": null })));
    assert!(
        holds(json!({ "path": "$.data[?@.rows_loaded > 4]" }))
            || holds(json!({ "path": "$.data[?@.rows_loaded]" }))
    );
}

#[test]
fn what_is_wrong_is_told_by_its_place() {
    let enqueue = json!({ "kind": "noop" });
    let on = json!({ "type": "a" });
    assert!(refused(json!({ "on": { "type": "a*b" }, "enqueue": enqueue })).starts_with("on.type"));
    assert!(refused(json!({ "on": on, "enqueue": { "kind": "No" } })).starts_with("enqueue.kind"));
    let open = json!({ "kind": "noop", "args": { "a": { "b": "{{ $.x" } } });
    let wrong = refused(json!({ "on": on, "enqueue": open }));
    assert!(wrong.starts_with("enqueue.args: a: b: "), "{wrong}");
    let bad = json!([{ "path": "$.a" }, { "path": "$.a", "above": [] }]);
    let wrong = refused(json!({ "on": on, "enqueue": enqueue, "when": bad }));
    assert!(wrong.starts_with("when, condition 1: above"), "{wrong}");
    assert!(
        refused(json!({ "on": on, "enqueue": enqueue, "when": [{ "path": "data" }] }))
            .contains("is no JSON path")
    );
    assert!(refused(json!({ "on": on, "enqueue": enqueue, "every": 1 })).contains("unknown field"));
    assert!(refused(json!({ "on": on, "enqueue": enqueue, "depth_max": 0 })).contains("1 or more"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// JSON without a path stands for itself, and a lone path for what it selects.
    #[test]
    fn mappings_keep_what_is_not_a_path(json in any_json(), event in any_json()) {
        prop_assert_eq!(Mapping::new(&json).unwrap().apply(&event), Ok(json));
        let whole = Mapping::new(&"{{ $ }}".into()).unwrap();
        prop_assert_eq!(whole.apply(&event), Ok(event));
    }

    /// Whatever is written, reading it ends in a trigger or in words.
    #[test]
    fn no_definition_panics(path in "\\PC{0,30}", text in "\\PC{0,30}", event in any_json()) {
        let definition = json!({
            "on": { "type": "*" }, "when": [{ "path": path, "above": 3 }],
            "enqueue": { "kind": "report", "args": { "a": text } },
        });
        if let Ok(definition) = serde_json::from_value(definition)
            && let Ok(trigger) = Trigger::new("t", 1, definition)
        {
            let mut of = loaded(1);
            of.data = event;
            let _ = trigger.judge(&of, 8);
        }
    }

    /// Whoever judges, at any time: the same verdict, and never a job deeper than it may be.
    #[test]
    fn depth_is_bounded_and_grows_by_one(depth in 0_u16..40, max in 1_u16..20) {
        let trigger = trigger(json!({ "on": { "type": "*" }, "enqueue": { "kind": "noop" } }));
        let mut event = loaded(1);
        event.depth = depth;
        match trigger.judge(&event, max) {
            Verdict::Fires(job) => prop_assert!(job.depth == depth + 1 && job.depth <= max),
            Verdict::TooDeep { .. } => prop_assert!(depth >= max),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// Numbers compare as numbers do.
    #[test]
    fn numbers_compare_as_numbers(a in any::<i64>(), b in any::<i64>()) {
        let holds = |test: &str| {
            let when = json!({ "path": "$.data.result.rows_loaded", test: b });
            matches!(with_when(&when).judge(&loaded(a), 8), Verdict::Fires(_))
        };
        prop_assert_eq!(holds("above"), a > b);
        prop_assert_eq!(holds("at_least"), a >= b);
        prop_assert_eq!(holds("below"), a < b);
        prop_assert_eq!(holds("at_most"), a <= b);
        prop_assert_eq!(holds("equals"), a == b);
        prop_assert_eq!(holds("not_equals"), a != b);
    }
}

use serde_json::{Value, json};

use super::*;

fn read(asked: &Value) -> Result<Workflow, String> {
    let read = read_workflow(asked.to_string().as_bytes());
    read.map(|asked| asked.workflow)
        .map_err(|error| match error {
            Unreadable::NotJson(text) | Unreadable::Wrong(text) => text,
        })
}

fn refusal(asked: &Value) -> String {
    read(asked).unwrap_err()
}

fn noop() -> Value {
    json!({"kind": "noop"})
}

#[test]
fn jobs_wait_for_those_that_they_name() {
    let workflow = read(&json!({
        "name": "month end", "key": "2026-11", "tenant_id": 7,
        "jobs": [
            {"name": "compare", "after": ["a", "b", "a"], "enqueue": {"kind": "noop", "delay": "5s"}},
            {"name": "a", "enqueue": noop()},
            {"name": "b", "enqueue": {"kind": "noop", "tenant_id": 7}},
            {"name": "tidy", "after": ["compare"], "needs": "settled", "enqueue": noop()},
        ],
        "on_success": {"kind": "letter"}, "on_failure": noop(),
    }))
    .unwrap();
    assert_eq!(
        (&*workflow.name, workflow.key.as_deref()),
        ("month end", Some("2026-11"))
    );
    let edges = workflow.check(10, 10).unwrap();
    assert_eq!(
        edges.before,
        [vec![1, 2], vec![], vec![], vec![0]] as [Vec<u32>; 4]
    );
    assert_eq!(workflow.nodes[3].needs, Needs::Settled);
    assert_eq!(workflow.nodes[0].needs, Needs::Completed);
    assert!(
        workflow
            .nodes
            .iter()
            .all(|node| node.job.tenant == TenantId(7))
    );
    assert_eq!(workflow.on_success.unwrap().kind, "letter");
    assert_eq!(workflow.on_failure.unwrap().tenant, TenantId(7));
}

#[test]
fn what_is_wrong_is_told_by_its_place() {
    let with = |jobs: Value| json!({"name": "w", "jobs": jobs});
    let one = |node: Value| with(json!([{"name": "a", "enqueue": noop()}, node]));
    for (asked, told) in [
        (
            one(json!({"name": "b", "after": ["a", "c"], "enqueue": noop()})),
            r#"field "jobs[1].after[1]": no job is called "c""#,
        ),
        (
            one(json!({"name": "a", "enqueue": noop()})),
            r#"field "jobs[1].name": two jobs are called "a""#,
        ),
        (
            one(json!({"name": "b", "enqueue": {"kind": "noop", "tenant_id": 2}})),
            r#"field "jobs[1].enqueue.tenant_id": the workflow is tenant 1's, this job tenant 2's"#,
        ),
        (
            one(json!({"name": "b", "enqueue": {"kind": "noop", "attempts": 0}})),
            r#"field "jobs[1].enqueue.attempts": a job has 1 to 32767"#,
        ),
        (
            one(json!({"name": "b", "enqueue": {"kind": "noop", "band": "top"}})),
            r#"field "jobs[1].enqueue.band""#,
        ),
        (
            one(json!({"name": "b", "enqueue": {"kind": "process_dataset", "args": {}}})),
            r#"field "jobs[1].enqueue.args""#,
        ),
        (
            one(json!({"name": "b", "needs": "luck", "enqueue": noop()})),
            r#"field "jobs[1].needs""#,
        ),
        (
            one(json!({"name": "b", "before": ["a"], "enqueue": noop()})),
            "unknown field `before`",
        ),
        (
            one(json!({"name": "b"})),
            r#"field "jobs[1]": give it either enqueue or load"#,
        ),
        (
            json!({"name": "w", "jobs": [], "on_failure": {"kind": "No Op"}}),
            r#"field "on_failure.kind""#,
        ),
        (
            json!({"name": "w", "tenant_id": 0, "jobs": []}),
            r#"field "tenant_id": there is no tenant 0"#,
        ),
        (json!({"jobs": []}), "missing field `name`"),
        (json!([]), "invalid"),
    ] {
        let refused = refusal(&asked);
        assert!(refused.contains(told), "{told}: {refused}");
    }
}

#[test]
fn a_circle_is_told_by_its_names() {
    let workflow = read(&json!({"name": "w", "jobs": [
        {"name": "a", "after": ["b"], "enqueue": noop()},
        {"name": "b", "after": ["a"], "enqueue": noop()},
    ]}));
    assert_eq!(
        workflow.unwrap().check(10, 10).unwrap_err().to_string(),
        r#"jobs wait for one another in a circle: "a" after "b" after "a""#
    );
}

#[test]
fn a_node_may_load_a_file_instead() {
    let asked = json!({"name": "w", "jobs": [
        {"name": "a", "enqueue": noop()},
        {"name": "b", "load": {"path": "march.csv"}},
    ]});
    let asked = read_workflow(asked.to_string().as_bytes()).unwrap();
    assert_eq!(asked.workflow.nodes.len(), 2);
    let [load] = &asked.loads[..] else {
        panic!("{asked:?}")
    };
    assert_eq!((load.node, &*load.at), (NodeId(1), "jobs[1].load"));
    assert_eq!(load.load.get(), r#"{"path":"march.csv"}"#);
    let both = json!({"name": "w", "jobs": [{"name": "a", "enqueue": noop(), "load": {}}]});
    assert_eq!(
        refusal(&both),
        r#"field "jobs[0]": give it either enqueue or load"#
    );
}

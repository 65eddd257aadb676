use proptest::prelude::*;

use super::*;
use crate::kinds::Noop;
use crate::unique::Unique;

fn noop() -> NewJob {
    NewJob::of(&Noop::default()).unwrap()
}

fn check(workflow: &Workflow) -> Result<Edges, WorkflowError> {
    workflow.check(100, 1000)
}

fn refusal(workflow: &Workflow) -> String {
    check(workflow).unwrap_err().to_string()
}

#[test]
fn a_chain_and_a_fan() {
    let chain = Workflow::chain("c", [("a", noop()), ("b", noop()), ("c", noop())]);
    assert_eq!(
        check(&chain).unwrap().before,
        [vec![], vec![0], vec![1]] as [Vec<u32>; 3]
    );
    let mut fan = Workflow::batch("f", [("a", noop()), ("b", noop())]);
    let both = fan.add("both", noop());
    // Said twice, it is one edge.
    fan.after_settled(both, [NodeId(0), NodeId(1), NodeId(0)]);
    let edges = check(&fan).unwrap();
    assert_eq!(edges.next, [vec![2], vec![2], vec![]] as [Vec<u32>; 3]);
    assert_eq!(fan.nodes[2].needs, Needs::Settled);
}

#[test]
fn what_is_refused_says_why() {
    let mut circle = Workflow::chain("c", [("a", noop()), ("b", noop()), ("c", noop())]);
    circle.add("beside", noop());
    circle.after(NodeId(0), [NodeId(2)]);
    assert_eq!(
        refusal(&circle),
        r#"jobs wait for one another in a circle: "a" after "c" after "b" after "a""#
    );
    let mut own = Workflow::batch("c", [("a", noop())]);
    own.after(NodeId(0), [NodeId(0)]);
    assert_eq!(
        refusal(&own),
        r#"jobs wait for one another in a circle: "a" after "a""#
    );
    assert_eq!(
        refusal(&Workflow::new("none")),
        "a workflow has at least one job"
    );
    let twice = Workflow::batch("c", [("a", noop()), ("a", noop())]);
    assert_eq!(refusal(&twice), r#"two jobs are called "a""#);
    let ordered = Workflow::batch("c", [("a", noop().order_key("k"))]);
    assert_eq!(
        refusal(&ordered),
        r#"job "a" has an ordering key, which it may not have: its turn is the graph's to say"#
    );
    let unique = Workflow::batch("c", [("a", noop())]).on_failure(noop().unique(Unique::by_args()));
    assert_eq!(
        refusal(&unique),
        "on_failure has a unique key, which it may not have: give the workflow a key"
    );
    let late = Workflow::batch("c", [("a", noop())])
        .on_success(noop().expires_in(std::time::Duration::from_secs(1)));
    assert!(refusal(&late).starts_with("on_success has a deadline"));
    let mut missing = Workflow::batch("c", [("a", noop())]);
    missing.after(NodeId(0), [NodeId(7)]);
    assert_eq!(
        refusal(&missing),
        r#"job "a" waits for one that is not there: node 7"#
    );
    let many = Workflow::batch("c", (0..101).map(|n| (n.to_string(), noop())));
    assert_eq!(
        refusal(&many),
        "101 jobs in one workflow; at most 100 are allowed (workflows.jobs_max)"
    );
}

#[test]
fn a_long_circle_is_told_shortly() {
    let mut long = Workflow::chain("c", (0..50).map(|n| (n.to_string(), noop())));
    long.after(NodeId(0), [NodeId(49)]);
    assert_eq!(
        refusal(&long),
        r#"jobs wait for one another in a circle: "0" after "49" after "48" after "47" after "46" after "45" after "44" after 43 others after "0""#
    );
}

proptest! {
    /// Edges that all lead forward make no circle; one that leads back from a node to one that it can
    /// be reached from does, and the circle that is named is one.
    #[test]
    fn circles_are_found_where_they_are(
        size in 2_u32..40, edges in prop::collection::vec((0_u32..40, 0_u32..40), 0..120), back: bool,
    ) {
        let mut workflow = Workflow::batch("w", (0..size).map(|n| (n.to_string(), noop())));
        for (a, b) in edges.into_iter().map(|(a, b)| (a % size, b % size)).filter(|(a, b)| a != b) {
            workflow.after(NodeId(a.max(b)), [NodeId(a.min(b))]);
        }
        let forward = check(&workflow).unwrap();
        let reached = forward.before[(size - 1) as usize].first().copied();
        let (true, Some(earlier)) = (back, reached) else { return Ok(()) };
        workflow.after(NodeId(earlier), [NodeId(size - 1)]);
        let Err(WorkflowError::Cycle(names)) = check(&workflow) else {
            return Err(TestCaseError::fail("no circle found"));
        };
        prop_assert_eq!(names.first(), names.last());
        for pair in names.windows(2) {
            let (later, before) = (pair[0].parse::<usize>().unwrap(), pair[1].parse().unwrap());
            prop_assert!(workflow.nodes[later].before.contains(&NodeId(before)));
        }
    }
}

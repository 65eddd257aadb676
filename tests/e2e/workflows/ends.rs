//! How workflows end, and what that calls.

use std::time::Duration;

use nexus_jobs::WorkflowId;
use nexus_jobs::workflow::{NodeId, Workflow};
use nexus_tests::{TestBed, bounded, in_bed};
use serde_json::json;

use super::{Engine, Fate, called, ended, good, node, nodes, part, result, states, submit};

fn with_callbacks(workflow: Workflow) -> Workflow {
    workflow
        .on_success(called("success"))
        .on_failure(called("failure"))
}

/// How often its callbacks ran: on success, on failure.
async fn calls(bed: &TestBed, id: WorkflowId) -> (i64, i64) {
    let of = async |word: &str| bed.effects(&format!("{id} {word}")).await;
    (of("success").await, of("failure").await)
}

/// Three side by side, one behind them that reads what they answered, and one behind that.
#[tokio::test]
async fn results_flow_along_the_edges() {
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 1).await;
        let mut workflow = Workflow::batch(
            "sum",
            (0..20).map(|n| (n.to_string(), good(&n.to_string()))),
        );
        let loads: Vec<NodeId> = (0..20).map(NodeId).collect();
        let sum = workflow.add("sum", good("sum"));
        workflow.after(sum, loads.clone());
        let last = workflow.add("last", good("last").after(Duration::from_millis(20)));
        workflow.after(last, [sum, loads[0]]);
        let id = submit(bed, &with_callbacks(workflow)).await;
        let end = ended(bed, id).await;
        assert_eq!(
            (&*end.state, end.completed, end.unfinished),
            ("completed", 22, 0)
        );
        let nodes = nodes(bed, id).await;
        assert_eq!(result(bed, &nodes[20]).await, json!({ "sum": 21 }));
        assert_eq!(result(bed, &nodes[21]).await, json!({ "sum": 23 }));
        bed.effects_reach(&format!("{id} success"), 1).await;
        assert_eq!(calls(bed, id).await, (1, 0));
        assert_eq!(end.called.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_needs_a_job_that_was_given_up_is_cancelled_and_what_only_waits_for_its_end_runs() {
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 2).await;
        let mut workflow = Workflow::batch(
            "w",
            [
                ("bad", part("bad", Fate::BadUntil(9))),
                ("good", good("good")),
            ],
        );
        let in_vain = workflow.add("in vain", good("in vain"));
        workflow.after(in_vain, [NodeId(0), NodeId(1)]);
        let behind = workflow.add("behind", good("behind"));
        workflow.after(behind, [in_vain]);
        let tidy = workflow.add("tidy", good("tidy"));
        workflow.after_settled(tidy, [behind, NodeId(1)]);
        assert_eq!(node(&workflow, "tidy").before.len(), 2);
        let id = submit(bed, &with_callbacks(workflow)).await;
        let end = ended(bed, id).await;
        assert_eq!(end.state, "failed");
        assert_eq!((end.completed, end.discarded, end.cancelled), (2, 1, 2));
        let expected = [
            "discarded",
            "completed",
            "cancelled",
            "cancelled",
            "completed",
        ];
        assert_eq!(states(bed, id).await, expected);
        let nodes = nodes(bed, id).await;
        let why = bed.job(nexus_jobs::JobId(nodes[2].job_id)).await.job.reason;
        assert_eq!(why.as_deref(), Some("a job before it did not complete"));
        // Of those before it, one completed.
        assert_eq!(result(bed, &nodes[4]).await, json!({ "sum": 2 }));
        bed.effects_reach(&format!("{id} failure"), 1).await;
        assert_eq!(calls(bed, id).await, (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_node_may_run_again_and_its_deadline_may_pass() {
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 1).await;
        let mut workflow = Workflow::new("late");
        let endless = workflow.add(
            "endless",
            part("endless", Fate::Endless)
                .timeout(Duration::from_millis(300))
                .attempts(1),
        );
        let late = workflow.add("late", good("late").expires_in(Duration::from_millis(50)));
        workflow.after_settled(late, [endless]);
        let flaky = workflow.add("flaky", part("flaky", Fate::Flaky));
        let behind = workflow.add("behind", good("behind"));
        workflow.after(behind, [flaky]);
        let _rescuer = nexus_tests::RescuerRun::start(bed);
        let id = submit(bed, &workflow).await;
        assert_eq!(ended(bed, id).await.state, "failed");
        let expected = ["discarded", "discarded", "completed", "completed"];
        assert_eq!(states(bed, id).await, expected);
    })
    .await;
}

/// Who is sent on by the first part of an end finds it whole, with its result.
#[tokio::test]
async fn an_end_that_is_passed_on_in_parts_is_seen_by_all_it_reaches() {
    bounded(async {
        let bed = &TestBed::with(|settings| settings.workflows.release_max = 1).await;
        let _engine = Engine::start(bed, 1).await;
        let mut workflow = Workflow::batch("w", [("first", good("first"))]);
        let names: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let many: Vec<NodeId> = names.iter().map(|n| workflow.add(n, good(n))).collect();
        for &node in &many {
            workflow.after(node, [NodeId(0)]);
        }
        let last = workflow.add("last", good("last"));
        workflow.after(last, many);
        let id = submit(bed, &workflow).await;
        assert_eq!(ended(bed, id).await.completed, 62);
        let nodes = nodes(bed, id).await;
        for node in &nodes[1..61] {
            assert_eq!(result(bed, node).await, json!({ "sum": 2 }));
        }
        assert_eq!(result(bed, &nodes[61]).await, json!({ "sum": 121 }));
    })
    .await;
}

/// Ends that were counted by nobody yet are not lost with who counts them, and two count each once.
#[tokio::test]
async fn an_advancer_that_dies_loses_nothing() {
    in_bed(async |bed| {
        let engine = Engine::start(bed, 0).await;
        let chain = (0..30).map(|n| (n.to_string(), good(&n.to_string())));
        let id = submit(bed, &with_callbacks(Workflow::chain("c", chain))).await;
        // Each is cut off wherever it is, in the middle of a transaction too.
        let mut lives = 0;
        while super::found(bed, id).await.finished_at.is_none() {
            let advancer =
                nexus_producer::workflows::Advancer::new(bed.pool().clone(), bed.settings());
            let life = Duration::from_micros(900 + 700 * (lives % 30));
            let stop = tokio_util::sync::CancellationToken::new();
            let _cut = tokio::time::timeout(life, advancer.run(stop)).await;
            lives += 1;
        }
        assert_eq!(ended(bed, id).await.completed, 30);
        bed.effects_reach(&format!("{id} success"), 1).await;
        assert_eq!(calls(bed, id).await, (1, 0));
        for n in 0..30 {
            assert_eq!(bed.effects(&format!("{id} {n}")).await, 1);
        }
        drop(engine);
    })
    .await;
}

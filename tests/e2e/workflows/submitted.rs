//! Submission: all of it or nothing, once a key, and refused with words.

use nexus_jobs::workflow::{NodeId, Workflow};
use nexus_jobs::{TenantId, Unique, WorkflowId};
use nexus_producer::Submitted;
use nexus_schema::{Error, workflows};
use nexus_tests::bed::{actor, noop};
use nexus_tests::{TestBed, dispatch_rows, in_bed};
use tokio::task::JoinSet;

use super::{found, nodes, submit};

async fn refusal(bed: &TestBed, workflow: &Workflow) -> String {
    let refused = bed.producer().submit(workflow, &actor()).await;
    let Err(error @ Error::Invalid(_)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(bed.count("workflows", "true").await, 0);
    assert_eq!(bed.count("workflow_nodes", "true").await, 0);
    assert_eq!(bed.count("jobs", "true").await, 0);
    error.to_string()
}

#[tokio::test]
async fn what_waits_is_parked_and_what_waits_for_none_is_dispatched() {
    in_bed(async |bed| {
        let mut workflow = Workflow::batch("fan", [("a", noop()), ("b", noop())]);
        let last = workflow.add("last", noop());
        workflow.after(last, [NodeId(0), NodeId(1)]);
        let id = submit(bed, &workflow).await;
        let nodes = nodes(bed, id).await;
        let shown: Vec<_> = nodes
            .iter()
            .map(|n| (&*n.name, &*n.state, n.before.len()))
            .collect();
        let expected = [
            ("a", "available", 0),
            ("b", "available", 0),
            ("last", "waiting", 2),
        ];
        assert_eq!(shown, expected);
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let dispatched: Vec<i64> = rows.into_iter().flat_map(|row| row.job_ids).collect();
        assert_eq!(dispatched, [nodes[0].job_id, nodes[1].job_id]);
        let parked = bed.job(nexus_jobs::JobId(nodes[2].job_id)).await.job;
        assert_eq!(parked.parked.as_deref(), Some("workflow"));
        assert_eq!(parked.parked_on, Some(id.to_string()));
        let view = found(bed, id).await;
        assert_eq!(
            (&*view.state, view.jobs, view.unfinished),
            ("running", 3, 3)
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_leaves_nothing() {
    in_bed(async |bed| {
        let mut circle = Workflow::chain("c", [("a", noop()), ("b", noop()), ("c", noop())]);
        circle.after(NodeId(0), [NodeId(2)]);
        assert_eq!(
            refusal(bed, &circle).await,
            r#"jobs wait for one another in a circle: "a" after "c" after "b" after "a""#
        );
        let unique = Workflow::batch("u", [("a", noop().unique(Unique::by_args()))]);
        assert!(
            refusal(bed, &unique)
                .await
                .contains("give the workflow a key")
        );
        let most = bed.settings().workflows.jobs_max;
        let many = Workflow::batch("m", (0..=most).map(|n| (n.to_string(), noop())));
        assert!(refusal(bed, &many).await.contains("workflows.jobs_max"));
        let tagged = Workflow::batch("t", [("a", noop()), ("b", noop().tags([""]))]);
        let said = refusal(bed, &tagged).await;
        assert!(said.starts_with(r#"job "b": tag 0"#), "{said}");
        let called = Workflow::batch("t", [("a", noop())]).on_failure(noop().tags([""]));
        assert!(refusal(bed, &called).await.starts_with("on_failure: tag 0"));
        let unknown = Workflow::batch("t", [("a", noop())]).tenant(TenantId(99));
        let refused = bed.producer().submit(&unknown, &actor()).await;
        assert!(matches!(
            refused,
            Err(Error::NotFound { what: "tenant", .. })
        ));
        assert_eq!(bed.count("workflows", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_one_workflow_however_many_submit_it_at_once() {
    in_bed(async |bed| {
        let workflow = Workflow::chain("k", [("a", noop()), ("b", noop())]).key("month 7");
        let mut submitting = JoinSet::new();
        for _ in 0..20 {
            let (producer, workflow) = (bed.producer(), workflow.clone());
            submitting.spawn(async move { producer.submit(&workflow, &actor()).await.unwrap() });
        }
        let submitted = submitting.join_all().await;
        let new = submitted.iter().filter(|s| matches!(s, Submitted::New(_)));
        assert_eq!(new.count(), 1);
        assert!(submitted.iter().all(|s| s.id() == submitted[0].id()));
        assert_eq!(bed.count("jobs", "true").await, 2);
        // Another tenant's is another one.
        let theirs = workflow.clone().tenant(TenantId::PLATFORM);
        submit(bed, &theirs).await;
        // It is the same one after its end as well.
        let conn = &mut *bed.conn().await;
        workflows::call_off(conn, submitted[0].id(), "no", &actor())
            .await
            .unwrap();
        let rules = nexus_schema::ledger::Rules::of(bed.settings());
        workflows::advance(conn, None, (10, 10), &rules)
            .await
            .unwrap();
        assert_eq!(found(bed, submitted[0].id()).await.state, "cancelled");
        let again = bed.producer().submit(&workflow, &actor()).await.unwrap();
        assert_eq!(again, Submitted::Existing(submitted[0].id()));
    })
    .await;
}

#[tokio::test]
async fn a_workflow_is_there_exactly_if_the_callers_transaction_commits() {
    in_bed(async |bed| {
        use diesel_async::AsyncConnection;
        let workflow = Workflow::chain("t", (0..2500).map(|n| (n.to_string(), noop())));
        let producer = bed.producer();
        let mut conn = bed.conn().await;
        let rolled_back: Result<(), Error> = conn
            .transaction(async |conn| {
                producer.submit_in(conn, &workflow, &actor()).await?;
                Err(Error::Invalid("changed my mind".into()))
            })
            .await;
        rolled_back.unwrap_err();
        assert_eq!(bed.count("jobs", "true").await, 0);
        let committed = conn
            .transaction(async |conn| producer.submit_in(conn, &workflow, &actor()).await)
            .await;
        // More than one call to the ledger takes.
        let nodes = nodes(bed, committed.unwrap().id()).await;
        assert_eq!(nodes.len(), 2500);
        assert!(nodes[1..].iter().all(|node| node.before == [node.node - 1]));
        assert_eq!(bed.count("jobs", "parked = 'workflow'").await, 2499);
    })
    .await;
}

#[tokio::test]
async fn there_is_no_other_workflow() {
    in_bed(async |bed| {
        let missing = workflows::find(&mut *bed.conn().await, WorkflowId(7)).await;
        assert_eq!(missing.unwrap_err().to_string(), "no workflow 7");
    })
    .await;
}

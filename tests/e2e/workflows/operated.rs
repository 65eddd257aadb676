//! Called off, and retried.

use nexus_jobs::workflow::{NodeId, Workflow};
use nexus_schema::{Error, dead, ledger, workflows};
use nexus_tests::bed::{actor, noop};
use nexus_tests::eventually::SOON;
use nexus_tests::{eventually, in_bed};

use super::{Engine, Fate, called, ended, good, part, states, submit};

#[tokio::test]
async fn a_workflow_that_is_called_off_ends_once_what_runs_has() {
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 1).await;
        let mut workflow = Workflow::chain(
            "w",
            [
                ("first", good("first")),
                ("endless", part("endless", Fate::Endless)),
                ("last", good("last")),
            ],
        );
        let tidy = workflow.add("tidy", good("tidy"));
        workflow.after_settled(tidy, [NodeId(2)]);
        let workflow = workflow
            .on_success(called("success"))
            .on_failure(called("failure"));
        let id = submit(bed, &workflow).await;
        eventually("the endless one runs", SOON, async || {
            (states(bed, id).await[1] == "running").then_some(())
        })
        .await;
        let conn = &mut *bed.conn().await;
        let asked = workflows::call_off(conn, id, "no longer wanted", &actor())
            .await
            .unwrap();
        assert_eq!(asked.called_off_by.as_deref(), Some("test"));
        let end = ended(bed, id).await;
        assert_eq!(
            (&*end.state, end.reason.as_deref()),
            ("cancelled", Some("no longer wanted"))
        );
        // Even what waits for ends alone: all of it was called off.
        assert_eq!(
            states(bed, id).await,
            ["completed", "cancelled", "cancelled", "cancelled"]
        );
        assert!(end.called.is_empty());
        let again = workflows::call_off(conn, id, "again", &actor())
            .await
            .unwrap_err();
        assert_eq!(
            again.to_string(),
            format!("workflow {id} has ended already: cancelled")
        );
    })
    .await;
}

#[tokio::test]
async fn a_retry_runs_what_did_not_complete_and_nothing_else() {
    in_bed(async |bed| {
        let _engine = Engine::start(bed, 1).await;
        let mut workflow = Workflow::batch(
            "w",
            [
                ("bad", part("bad", Fate::BadUntil(2))),
                ("good", good("good")),
            ],
        );
        let both = workflow.add("both", good("both"));
        workflow.after(both, [NodeId(0), NodeId(1)]);
        let last = workflow.add("last", good("last"));
        workflow.after_settled(last, [both]);
        let workflow = workflow
            .on_success(called("success"))
            .on_failure(called("failure"));
        let id = submit(bed, &workflow).await;
        let rules = ledger::Rules::of(bed.settings());
        let conn = &mut *bed.conn().await;
        let first = ended(bed, id).await;
        assert_eq!((&*first.state, first.completed), ("failed", 2));
        // By itself, its dead letter runs no more.
        let letter = super::nodes(bed, id).await[0].job_id;
        let alone = dead::Replay {
            filter: &dead::DeadFilter::of(nexus_jobs::JobId(letter)),
            after: nexus_jobs::JobId(0),
            limit: 10,
            args: None,
            pace: None,
        };
        let refused = dead::replay(conn, &alone, &actor(), &rules)
            .await
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .contains(&format!("`nexus workflows retry {id}`")),
            "{refused}"
        );

        for round in [2, 3] {
            let open = workflows::retry(conn, id, &actor(), &rules).await.unwrap();
            assert_eq!((&*open.state, open.round), ("running", round));
            assert_eq!(ended(bed, id).await.round, round);
        }
        let end = ended(bed, id).await;
        assert_eq!((&*end.state, end.completed, end.round), ("completed", 4, 3));
        for name in ["bad", "good", "both", "last"] {
            assert_eq!(bed.effects(&format!("{id} {name}")).await, 1, "{name}");
        }
        bed.effects_reach(&format!("{id} success"), 1).await;
        bed.effects_reach(&format!("{id} failure"), 2).await;
        assert_eq!(end.called.len(), 3);
        // What ran again is no open dead letter any more.
        assert_eq!(
            bed.count("job_history", "state = 'discarded' AND replayed_as IS NULL")
                .await,
            0
        );
        let done = workflows::retry(conn, id, &actor(), &rules)
            .await
            .unwrap_err();
        assert_eq!(
            done.to_string(),
            format!("workflow {id} completed: there is nothing to run again")
        );
    })
    .await;
}

#[tokio::test]
async fn what_runs_is_not_retried_and_what_history_has_lost_cannot_be() {
    in_bed(async |bed| {
        let rules = ledger::Rules::of(bed.settings());
        let conn = &mut *bed.conn().await;
        let id = submit(bed, &Workflow::chain("w", [("a", noop()), ("b", noop())])).await;
        let runs = workflows::retry(conn, id, &actor(), &rules)
            .await
            .unwrap_err();
        assert!(
            matches!(&runs, Error::Conflict(why) if why.contains("still runs")),
            "{runs}"
        );
        workflows::call_off(conn, id, "no", &actor()).await.unwrap();
        workflows::advance(conn, None, (1, 1), &rules)
            .await
            .unwrap();
        // One end a step: the other one is counted by the next.
        assert_eq!(super::found(bed, id).await.unfinished, 1);
        workflows::advance(conn, None, (1, 1), &rules)
            .await
            .unwrap();
        assert_eq!(super::found(bed, id).await.state, "cancelled");
        bed.execute("DELETE FROM nexus.job_history").await;
        let lost = workflows::retry(conn, id, &actor(), &rules)
            .await
            .unwrap_err();
        assert!(lost.to_string().contains("no longer in history"), "{lost}");
        assert_eq!(super::found(bed, id).await.state, "cancelled");
    })
    .await;
}

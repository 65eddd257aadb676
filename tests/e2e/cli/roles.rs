//! `nexus serve` and `nexus work` as processes of their own.

use std::net::SocketAddr;

use nexus_tests::binary::Running;
use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::{eventually, in_bed};
use serde_json::json;

use super::{code, said};

/// The address that `nexus serve` tells.
async fn address(serve: &Running) -> SocketAddr {
    eventually("the API tells its address", SOON, async || {
        let log = serve.log();
        let (_, rest) = log.split_once("the API: http://")?;
        rest.split_once("/docs")?.0.parse().ok()
    })
    .await
}

#[tokio::test]
async fn two_processes_run_a_job_end_to_end_and_end_in_order() {
    in_bed(async |bed| {
        let mut serve = bed.spawn(&["serve"]);
        let mut work = bed.spawn(&["work"]);
        let addr = address(&serve).await;
        let job = json!({"kind": "noop"});
        let accepted = Request::json("POST", "/v1/jobs", &job).send(addr).await;
        let id = accepted.expect(201)["ids"][0].to_string();
        let waited = bed
            .nexus_ok(&["jobs", "wait", &id, "--timeout", "30s"])
            .await;
        assert!(
            waited.starts_with(&format!("job {id} completed")),
            "{waited}"
        );
        let shown = Request::new("GET", format!("/v1/jobs/{id}"))
            .send(addr)
            .await;
        assert_eq!(shown.expect(200)["state"], "completed");

        for running in [&mut work, &mut serve] {
            running.terminate();
            let status = running.wait(SOON).await;
            assert_eq!(status.code(), Some(0), "{}", running.log());
        }
        assert!(work.log().contains("drained"), "{}", work.log());
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_other_machines_reach_is_refused() {
    in_bed(async |bed| {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let refused = bed.nexus(&["serve", "--listen", address]).await;
            assert_eq!(code(&refused), 2);
            let said = said(&refused);
            assert!(
                said.contains("can be reached from other machines"),
                "{said}"
            );
            assert!(said.contains("hint: "), "{said}");
        }
        let env = [("NEXUS_API__LISTEN", "0.0.0.0:8080")];
        assert_eq!(code(&bed.nexus_with(&["serve"], &env).await), 2);
    })
    .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    in_bed(async |bed| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().to_string();
        let refused = bed.nexus(&["serve", "--listen", &taken]).await;
        assert_eq!(code(&refused), 2);
        assert!(said(&refused).contains(&taken), "{}", said(&refused));
    })
    .await;
}

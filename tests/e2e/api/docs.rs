//! The description of the interface, and its page.

use nexus_tests::{ApiRun, in_bed};

#[tokio::test]
async fn every_route_is_described() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let described = api.get("/openapi.json").await.expect(200);
        assert_eq!(described["info"]["title"], "NEXUS Jobs");
        for (path, methods) in [
            ("/v1/jobs", &["get", "post"][..]),
            ("/v1/jobs/{id}", &["get", "patch"]),
            ("/v1/jobs/{id}/cancel", &["post"]),
            ("/v1/jobs/{id}/log", &["get"]),
            ("/v1/jobs/cancel", &["post"]),
            ("/v1/workflows", &["get", "post"]),
            ("/v1/workflows/{id}", &["get"]),
            ("/v1/workflows/{id}/cancel", &["post"]),
            ("/v1/workflows/{id}/retry", &["post"]),
            ("/v1/dead", &["get"]),
            ("/v1/dead/{id}", &["get", "delete"]),
            ("/v1/dead/{id}/replay", &["post"]),
            ("/v1/dead/replay", &["post"]),
            ("/v1/dead/delete", &["post"]),
            ("/v1/cases", &["get", "post"]),
            ("/v1/cases/{id}", &["get", "patch"]),
            ("/v1/datasets", &["get", "post"]),
            ("/v1/datasets/{id}", &["get"]),
            ("/v1/datasets/{id}/quality", &["get"]),
            ("/v1/datasets/{id}/rejects", &["get"]),
            ("/v1/limits", &["get"]),
            ("/v1/limits/{name}", &["put", "delete"]),
            ("/v1/breakers", &["get"]),
            ("/v1/breakers/{kind}", &["put", "delete"]),
            ("/v1/breakers/{kind}/reset", &["post"]),
            ("/v1/triggers", &["get"]),
            ("/v1/triggers/{name}", &["get", "put", "delete"]),
            ("/v1/triggers/{name}/enable", &["post"]),
            ("/v1/triggers/{name}/disable", &["post"]),
            ("/v1/triggers/{name}/versions", &["get"]),
            ("/v1/triggers/{name}/log", &["get"]),
            ("/v1/triggers/test", &["post"]),
            ("/v1/schedules", &["get"]),
            ("/v1/schedules/{name}", &["get", "put", "delete"]),
            ("/v1/schedules/{name}/pause", &["post"]),
            ("/v1/schedules/{name}/resume", &["post"]),
            ("/v1/schedules/{name}/versions", &["get"]),
            ("/v1/schedules/{name}/next", &["get"]),
            ("/v1/schedules/{name}/ticks", &["get"]),
            ("/v1/schedules/{name}/run", &["post"]),
            ("/v1/schedules/{name}/backfill", &["post"]),
            ("/v1/listeners", &["get"]),
            ("/v1/listeners/{name}", &["delete"]),
            ("/v1/queues", &["get"]),
            ("/v1/queues/{name}", &["put"]),
            ("/v1/queues/{name}/pause", &["post"]),
            ("/v1/queues/{name}/resume", &["post"]),
            ("/v1/queues/{name}/transport", &["put"]),
            ("/v1/workers", &["get"]),
            ("/v1/workers/{id}/quiet", &["post"]),
            ("/v1/workers/{id}/drain", &["post"]),
            ("/v1/workers/{id}/resume", &["post"]),
        ] {
            for method in methods {
                let route = &described["paths"][path][method];
                assert!(route["responses"].is_object(), "{method} {path}");
                assert!(route["summary"].is_string(), "{method} {path}");
            }
        }
        let routes = described["paths"].as_object().unwrap();
        let versioned = routes.keys().filter(|path| path.starts_with("/v1/"));
        assert_eq!(versioned.count(), 52);
    })
    .await;
}

#[tokio::test]
async fn the_page_loads_everything_from_this_server() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let page = api.get("/docs/").await;
        assert_eq!(page.status, 200);
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
        let html = page.text();
        for external in ["http://", "https://", "=\"//"] {
            assert!(!html.contains(external), "{external} in {html}");
        }
        let mut loaded = 0;
        for attribute in ["src=\"", "href=\""] {
            for rest in html.split(attribute).skip(1) {
                let target = rest.split('"').next().unwrap();
                let path = format!("/docs/{}", target.trim_start_matches("./"));
                assert_eq!(api.get(&*path).await.status, 200, "{path}");
                loaded += 1;
            }
        }
        assert!(loaded >= 3, "{html}");
        let start = api.get("/docs/swagger-initializer.js").await;
        assert!(start.text().contains("/openapi.json"));
        let root = api.get("/").await;
        assert_eq!(
            (root.status, root.header("location")),
            (307, Some("/docs/"))
        );
        let bare = api.get("/docs").await;
        assert!(bare.status == 200 || bare.status / 100 == 3, "{bare:?}");
    })
    .await;
}

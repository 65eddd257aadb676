//! The checker of `make chaos` notices what it is there for.

use serde_json::Value;
use tokio::process::Command;

/// Frozen workers wake up and commit what others have done meanwhile.
#[tokio::test]
async fn a_build_without_the_fence_is_caught() {
    let run = Command::new(env!("CARGO_BIN_EXE_nexus-chaos"))
        .args(["--jobs", "6000", "--workers", "2", "--seed", "1"])
        .args(["--least", "20s", "--only", "freeze_worker", "--unfenced"])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_mins(4), run).await;
    let output = output.expect("it ends within its bound").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert!(report["effects_not_one"].as_i64() > Some(0), "{said}");
    assert_eq!(report["stale_commits_refused"], 0, "{said}");
    assert_eq!(
        (&report["lost"], &report["phantom"]),
        (&0.into(), &0.into()),
        "{said}"
    );
    assert_eq!(report["ok"], false, "{said}");
}

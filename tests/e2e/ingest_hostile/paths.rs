//! A path that is another one from moment to moment.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use nexus_handlers::load_request::LoadInto;
use nexus_tests::{Loading, bounded};

use super::{HEADER, PROFILE};

/// Loads that are asked for while the path changes.
const LOADS: usize = 30;

/// Puts the file and a link out of the root in each other's place, over and over.
fn swap_until(stop: &AtomicBool, path: &Path, good: &str, secret: &Path) {
    let (file, link) = (path.with_extension("file"), path.with_extension("link"));
    while !stop.load(Ordering::Relaxed) {
        symlink(secret, &link).unwrap();
        std::fs::rename(&link, path).unwrap();
        std::fs::write(&file, good).unwrap();
        std::fs::rename(&file, path).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_between_a_file_and_a_link_is_never_won_by_the_link() {
    bounded(async {
        let loading = Loading::start().await;
        let bed = loading.bed();
        let good = [HEADER, "2010-03-01,1,a\n"].concat();
        let secret = bed.dir().join("secret.csv");
        std::fs::write(&secret, [HEADER, "2010-03-01,666,secret\n"].concat()).unwrap();
        let path = bed.data_file("in.csv", &good);
        let stop = AtomicBool::new(false);
        let mut requested = Vec::new();
        let mut errors = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| swap_until(&stop, &path, &good, &secret));
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    for _ in 0..LOADS {
                        let case = bed.open_case().await;
                        let into = LoadInto::New { case, name: None };
                        match bed.request_into(into, &path, PROFILE, false).await {
                            Ok(load) => requested.push(load),
                            Err(error) => errors.push(error.to_string()),
                        }
                    }
                    for load in &requested {
                        let ended = bed.ended(*load).await;
                        errors.extend(ended.dataset.dataset.error);
                    }
                    stop.store(true, Ordering::Relaxed);
                });
            });
        });
        for error in &errors {
            let known = [
                "does not lie under an allowed directory",
                "was replaced while it was opened",
            ];
            assert!(known.iter().any(|words| error.contains(words)), "{error}");
        }
        let loaded = LOADS - errors.len();
        assert_eq!(
            bed.count("transactions", "true").await,
            i64::try_from(loaded).unwrap()
        );
        assert_eq!(bed.count("transactions", "amount <> 1").await, 0);
        assert_eq!(bed.count("dataset_rejects", "true").await, 0);
        loading.still_loads().await;
    })
    .await;
}

//! Rates, by when jobs were let in and when they started.

use nexus_jobs::Job;
use nexus_tests::bed::bounded;
use nexus_tests::tasks::{HeavyTask, many};

use super::{bed, each_ran_once, nothing_leaks, rate, serve, set, workers};

/// In any stretch of time, no more starts than the burst and what the rate allows in it;
/// what is let in may start a little later than that, so the stretch is taken longer.
#[tokio::test]
async fn a_kind_starts_no_more_often_than_it_may() {
    bounded(async {
        let bed = bed().await;
        // Ten at once, and then one every 20 ms.
        set(&bed, "slow", &rate(HeavyTask::KIND, 50, 1000, 10)).await;
        let _serving = serve(&bed);
        let _workers = workers(&bed, 2);
        bed.enqueue(&many(80, |n| HeavyTask { n })).await;
        each_ran_once(&bed, 80).await;
        let too_many = "(SELECT a.started_at FROM nexus.job_history AS a JOIN nexus.job_history AS b \
             ON b.started_at BETWEEN a.started_at AND a.started_at + interval '500 ms' \
             GROUP BY a.id, a.started_at HAVING count(*) > 10 + 25 + 10) AS t";
        assert_eq!(bed.count_in(too_many, "true").await, 0);
        let whole = "(SELECT max(started_at) - min(started_at) AS took FROM nexus.job_history) AS t";
        // The 80th conforms 70 intervals after the first.
        assert_eq!(bed.count_in(whole, "took >= interval '1399 ms'").await, 1);
        nothing_leaks(&bed).await;
    })
    .await;
}

//! Redis streams as a transport: the conformance suite, and Redis's own ways of
//! losing things.

use std::path::Path;
use std::time::Duration;

use nexus_jobs::{Band, Lane, QueueName};
use nexus_queue::{Entry, QueueError, RedisTransport, Transport};
use nexus_tests::eventually::SOON;
use nexus_tests::small_settings::small_settings;
use nexus_tests::{Kept, OwnRedis, RedisSpace, Servers, bounded, eventually};
use uuid::Uuid;

async fn empty() -> Option<RedisSpace> {
    Some(space())
}

nexus_queue::conformance_suite!(empty);

fn space() -> RedisSpace {
    RedisSpace::new(&settings())
}

fn settings() -> nexus_config::Redis {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    small_settings(&Servers::from_env(), "unused", &prefix, Path::new("unused")).redis
}

fn lane() -> Lane {
    Lane {
        queue: QueueName::new("q").unwrap(),
        band: Band::Normal,
    }
}

fn entry(id: i64) -> Entry {
    Entry {
        dispatch_id: id,
        job_ids: vec![id],
        suspect: false,
    }
}

/// Fetches until the entry of this id came.
async fn arrives(consumer: &mut dyn nexus_queue::Consumer, id: i64) {
    loop {
        let came = consumer
            .fetch(&Band::ALL, 10, Duration::from_secs(5))
            .await
            .unwrap();
        if came.iter().any(|delivery| delivery.entry == entry(id)) {
            return;
        }
    }
}

#[tokio::test]
async fn a_stream_deleted_under_a_waiting_fetch_begins_another_epoch() {
    bounded(async {
        let redis = space();
        let mut connection = redis.connection().await;
        let mut consumer = redis
            .transport()
            .consumer(&lane().queue, "a")
            .await
            .unwrap();
        for id in 1..=5 {
            let before = redis.transport().epoch(&lane()).await.unwrap();
            let deleting = async {
                tokio::task::yield_now().await;
                let () = redis::cmd("DEL")
                    .arg(redis.stream(&lane()))
                    .query_async(&mut connection)
                    .await
                    .unwrap();
                let after = redis.transport().push(&lane(), &[entry(id)]).await.unwrap();
                assert_ne!(after, before);
            };
            tokio::join!(arrives(consumer.as_mut(), id), deleting);
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_group_loses_no_entry_and_begins_another_epoch() {
    bounded(async {
        let redis = space();
        let mut connection = redis.connection().await;
        let mut consumer = redis
            .transport()
            .consumer(&lane().queue, "a")
            .await
            .unwrap();
        let before = redis.transport().push(&lane(), &[entry(1)]).await.unwrap();
        arrives(consumer.as_mut(), 1).await;
        let () = redis::cmd("XGROUP")
            .arg("DESTROY")
            .arg(redis.stream(&lane()))
            .arg("workers")
            .query_async(&mut connection)
            .await
            .unwrap();
        redis.transport().push(&lane(), &[entry(2)]).await.unwrap();
        // The unsettled first one is in the stream still, and comes again.
        arrives(consumer.as_mut(), 2).await;
        assert_ne!(redis.transport().epoch(&lane()).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn what_others_wrote_into_a_stream_is_dropped() {
    bounded(async {
        let redis = space();
        redis.transport().push(&lane(), &[entry(1)]).await.unwrap();
        let mut connection = redis.connection().await;
        for (field, value) in [("x", "1"), ("d", "1"), ("i", "9-1")] {
            let _: String = redis::cmd("XADD")
                .arg(redis.stream(&lane()))
                .arg("*")
                .arg(&[field, value, "d", "7"])
                .query_async(&mut connection)
                .await
                .unwrap();
        }
        redis.transport().push(&lane(), &[entry(2)]).await.unwrap();
        let mut consumer = redis
            .transport()
            .consumer(&lane().queue, "a")
            .await
            .unwrap();
        arrives(consumer.as_mut(), 2).await;
        assert_eq!(redis.transport().depth(&lane()).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_full_server_says_so() {
    bounded(async {
        let redis = OwnRedis::start().await;
        let mut settings = settings();
        redis.put_into(&mut settings);
        let space = RedisSpace::new(&settings);
        space.transport().push(&lane(), &[entry(1)]).await.unwrap();
        let mut connection = space.connection().await;
        for bytes in ["1", "0"] {
            let () = redis::cmd("CONFIG")
                .arg(&["SET", "maxmemory", bytes])
                .query_async(&mut connection)
                .await
                .unwrap();
            let pushed = space.transport().push(&lane(), &[entry(2)]).await;
            match bytes {
                "1" => assert!(matches!(pushed, Err(QueueError::Full(_))), "{pushed:?}"),
                _ => drop(pushed.unwrap()),
            }
        }
        assert_eq!(space.transport().depth(&lane()).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_restarted_server_shows_another_epoch_whatever_it_kept() {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let mut settings = settings();
        redis.put_into(&mut settings);
        let transport = RedisTransport::new(&settings).unwrap();
        let mut consumer = transport.consumer(&lane().queue, "a").await.unwrap();
        let mut epoch = transport.push(&lane(), &[entry(1)]).await.unwrap();
        for (kept, depth) in [(Kept::Data, 1), (Kept::Nothing, 0)] {
            redis.kill();
            let away = transport.push(&lane(), &[entry(9)]).await;
            assert!(matches!(away, Err(QueueError::Unavailable(_))), "{away:?}");
            let away = consumer
                .fetch(&Band::ALL, 1, Duration::from_millis(10))
                .await;
            assert!(matches!(away, Err(QueueError::Unavailable(_))), "{away:?}");

            redis.start_again(kept).await;
            let after = eventually("the transport connects again", SOON, async || {
                transport.epoch(&lane()).await.ok()
            })
            .await;
            assert_ne!(after, epoch, "{kept:?}");
            assert_eq!(transport.depth(&lane()).await.unwrap(), depth, "{kept:?}");
            epoch = after;
        }
        transport.push(&lane(), &[entry(2)]).await.unwrap();
        arrives(consumer.as_mut(), 2).await;
    })
    .await;
}

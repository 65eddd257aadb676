//! Acts the schedule out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fault::{Fault, Link, Sort};
use super::fault_proxy::FaultProxy;
use super::fleet::Fleet;
use super::own_broker::OwnBroker;
use super::own_kafka::OwnKafka;
use super::own_postgres::OwnPostgres;
use super::run_settings::LEASE;
use super::schedule::{Pace, Track, faults};
use super::{say, tables};
use crate::own_redis::Kept;

/// All that can be hit.
#[derive(Debug)]
pub struct Targets {
    /// Workers and relay; empty once they are stopped for good.
    pub fleet: Mutex<Option<Fleet>>,
    /// The ledger's server.
    pub postgres: Mutex<OwnPostgres>,
    /// The broker's server.
    pub redis: Mutex<OwnBroker>,
    /// The other broker's server and the link to it, where it carries the queues.
    pub kafka: Option<(Mutex<OwnKafka>, FaultProxy)>,
    /// The link to the one.
    pub to_postgres: FaultProxy,
    /// The link to the other.
    pub to_redis: FaultProxy,
    /// Looks at the ledger past the proxy.
    pub ledger: super::watcher::Ledger,
    /// Faults that landed, by sort.
    pub landed: std::sync::Mutex<BTreeMap<Sort, u64>>,
}

impl Targets {
    /// Faults that landed so far, by sort.
    pub fn landed(&self) -> BTreeMap<Sort, u64> {
        let landed = self.landed.lock();
        landed.map_or_else(|broken| broken.into_inner().clone(), |map| map.clone())
    }

    fn note(&self, sort: Sort) {
        if let Ok(mut landed) = self.landed.lock() {
            *landed.entry(sort).or_insert(0) += 1;
        }
    }

    /// Acts one fault out, until whatever it hit is back; whether it landed.
    async fn act(&self, fault: Fault) -> anyhow::Result<bool> {
        let Fault {
            sort, lasts, luck, ..
        } = fault;
        match sort {
            Sort::KillWorker => self.in_fleet(|fleet| fleet.kill_worker(luck)).await,
            Sort::KillRelay => self.in_fleet(Fleet::kill_relay).await,
            Sort::FreezeWorker => self.freeze(luck).await,
            Sort::KillRedis => self.kill_redis(lasts, Kept::Data).await,
            Sort::WipeRedis => self.kill_redis(lasts, Kept::Nothing).await,
            Sort::KillKafka => self.kill_kafka(lasts).await,
            Sort::FullDisk => self.redis.lock().await.fill_disk(lasts).await,
            Sort::StopPostgres => {
                let mut postgres = self.postgres.lock().await;
                postgres.stop_immediate()?;
                tokio::time::sleep(lasts).await;
                postgres.start_again().await?;
                Ok(true)
            }
            Sort::Switch => {
                let switch = async |conn: &mut _| tables::switch(conn, luck).await;
                Ok(self.ledger.look(switch).await.is_some())
            }
            Sort::Line(link, trouble) => {
                let proxy = match (link, &self.kafka) {
                    (Link::Postgres, _) => &self.to_postgres,
                    (Link::Redis, _) => &self.to_redis,
                    (Link::Kafka, Some((_, to_kafka))) => to_kafka,
                    (Link::Kafka, None) => return Ok(false),
                };
                Ok(proxy.trouble(trouble, lasts).await > 0)
            }
        }
    }

    async fn in_fleet(
        &self,
        act: impl FnOnce(&mut Fleet) -> anyhow::Result<bool>,
    ) -> anyhow::Result<bool> {
        let mut fleet = self.fleet.lock().await;
        fleet.as_mut().map_or(Ok(false), act)
    }

    async fn kill_redis(&self, lasts: Duration, kept: Kept) -> anyhow::Result<bool> {
        let mut redis = self.redis.lock().await;
        redis.kill()?;
        tokio::time::sleep(lasts).await;
        redis.start_again(kept).await?;
        Ok(true)
    }

    async fn kill_kafka(&self, lasts: Duration) -> anyhow::Result<bool> {
        let Some((kafka, _)) = &self.kafka else {
            return Ok(false);
        };
        let mut kafka = kafka.lock().await;
        kafka.kill()?;
        tokio::time::sleep(lasts).await;
        kafka.start_again().await?;
        Ok(true)
    }

    /// Freezes a worker that has jobs for longer than its lease, and until the ledger has
    /// taken them from it: after one to two leases, unless other faults keep the rescuer from
    /// judging.
    async fn freeze(&self, luck: u64) -> anyhow::Result<bool> {
        let Some((at, pid)) = self.busy_worker(luck).await? else {
            return Ok(false);
        };
        let before = self.taken_from(pid).await.unwrap_or(0);
        let froze = match self.fleet.lock().await.as_mut() {
            Some(fleet) => fleet.freeze_worker((at, pid))?,
            None => false,
        };
        if !froze {
            return Ok(false);
        }
        let frozen = Instant::now();
        let mut lost = false;
        while !lost && frozen.elapsed() < 5 * LEASE {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let taken = self.taken_from(pid).await.unwrap_or(0);
            lost = frozen.elapsed() > LEASE && taken > before;
        }
        if let Some(fleet) = self.fleet.lock().await.as_mut() {
            fleet.thaw_worker(at)?;
        }
        Ok(lost)
    }

    /// A worker that has a lease; none where none has for long.
    async fn busy_worker(&self, luck: u64) -> anyhow::Result<Option<(usize, u32)>> {
        let since = Instant::now();
        while since.elapsed() < 2 * LEASE {
            let picked = match self.fleet.lock().await.as_mut() {
                Some(fleet) => fleet.awake_worker(luck)?,
                None => None,
            };
            let Some((at, pid)) = picked else {
                return Ok(None);
            };
            let count = async |conn: &mut _| tables::leases_of(conn, pid).await;
            if self.ledger.look(count).await.unwrap_or(0) > 0 {
                return Ok(Some((at, pid)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(None)
    }

    /// Jobs that were taken from a worker process; `None` while the ledger is away.
    async fn taken_from(&self, pid: u32) -> Option<i64> {
        let count = async |conn: &mut _| tables::taken_from(conn, pid).await;
        self.ledger.look(count).await
    }
}

/// Starts to act: a task a track, each until `stop`, and until its last fault is over.
pub fn start(
    targets: &Arc<Targets>,
    seed: u64,
    pace: Pace,
    wanted: &[Sort],
    stop: &CancellationToken,
) -> JoinSet<anyhow::Result<()>> {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for track in Track::ALL {
        let (targets, stop) = (Arc::clone(targets), stop.clone());
        let wanted = wanted.to_vec();
        tasks.spawn(async move {
            for fault in faults(seed, pace, track, &wanted) {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep_until(begun + fault.at) => {}
                }
                let landed = targets.act(fault).await?;
                if landed {
                    targets.note(fault.sort);
                }
                if fault.sort != Sort::KillWorker {
                    let at = fault.at.as_secs_f64();
                    let how = if landed { "landed" } else { "missed" };
                    say(&format!("    {at:6.1} s  {} {how}", fault.sort));
                }
            }
            Ok(())
        });
    }
    tasks
}

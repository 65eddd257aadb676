//! The supervisor's line to the ledger: a task of its own, so that a server that
//! hangs holds up no restart. What was heard last holds while the ledger is away.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nexus_config::Settings;
use nexus_jobs::WorkerId;
use nexus_schema::retrying::backoff;
use nexus_schema::supervisors::{self, Orders, SupervisorRecord};
use nexus_schema::{AsyncPgConnection, Error, Keep, Pool, Result};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::process;

/// How long one look into the ledger may take.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// How long the last word may take.
const LAST_WITHIN: Duration = Duration::from_secs(2);

/// How long a dead process's leases are looked for: a claim that it had under way may
/// commit after its death.
const BURY_FOR: Duration = Duration::from_secs(5);

/// Most dead processes that wait for the ledger. The leases of others run out by
/// themselves.
const DEAD_MAX: usize = 1024;

/// What the supervisor tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) working: usize,
    /// Processes whose rows are looked for.
    pub(super) starting: Vec<WorkerId>,
    pub(super) health: Value,
}

/// What the ledger says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// `None`: never reached yet.
    pub(super) orders: Option<Orders>,
    /// Starting processes whose rows are there.
    pub(super) working: HashSet<WorkerId>,
    /// Who else runs under this name.
    pub(super) held_by: Option<String>,
}

/// The supervisor's end of the line.
#[derive(Debug)]
pub(super) struct Line {
    reports: watch::Sender<Report>,
    heard: watch::Receiver<Heard>,
    dead: mpsc::Sender<WorkerId>,
    task: JoinHandle<()>,
}

impl Line {
    /// Opens it. `processes` are wanted where the operator asked for no number.
    pub(super) fn open(settings: &Settings, run: SupervisorRecord, processes: u16) -> Self {
        let (reports, reported) = watch::channel(Report::default());
        let (hearing, heard) = watch::channel(Heard::default());
        let (dead, dying) = mpsc::channel(DEAD_MAX);
        let link = Link {
            pool: Pool::new(&settings.postgres, Keep::None),
            conn: None,
            run,
            processes,
            taken: false,
            reported,
            hearing,
            dying,
            dead: Vec::new(),
        };
        Self {
            reports,
            heard,
            dead,
            task: tokio::spawn(link.keep(settings.supervisor.check_every.get())),
        }
    }

    /// Waits for news. Safe to drop before it comes.
    pub(super) async fn hear(&mut self) -> Heard {
        if self.heard.changed().await.is_err() {
            // The task ended: nothing will ever be heard.
            std::future::pending::<()>().await;
        }
        self.heard.borrow_and_update().clone()
    }

    /// Tells how things are, at the next look into the ledger.
    pub(super) fn tell(&self, report: Report) {
        self.reports.send_replace(report);
    }

    /// Tells at once that a process is dead.
    pub(super) fn bury(&self, worker: WorkerId) {
        if self.dead.try_send(worker).is_err() {
            tracing::warn!(%worker, "too many dead: its leases run out by themselves");
        }
    }

    /// Tells a last word, if the ledger hears it soon, and closes.
    pub(super) async fn close(self, health: Value) {
        self.tell(Report {
            health,
            ..Report::default()
        });
        // With its sender gone, the task looks once more and ends.
        drop(self.dead);
        if tokio::time::timeout(LAST_WITHIN, self.task).await.is_err() {
            tracing::warn!("the ledger is away: it does not know that the supervisor ended");
        }
    }
}

/// The ledger's end of the line.
struct Link {
    pool: Pool,
    conn: Option<AsyncPgConnection>,
    run: SupervisorRecord,
    processes: u16,
    taken: bool,
    reported: watch::Receiver<Report>,
    hearing: watch::Sender<Heard>,
    dying: mpsc::Receiver<WorkerId>,
    /// Dead processes, and when they died.
    dead: Vec<(WorkerId, Instant)>,
}

impl Link {
    async fn keep(mut self, every: Duration) {
        let mut failures = 0;
        loop {
            let looked = tokio::time::timeout(LOOK_WITHIN, self.look()).await;
            let looked =
                looked.unwrap_or_else(|_| Err(Error::Unavailable("no answer in time".into())));
            let wait = match looked {
                Ok(()) => {
                    if std::mem::take(&mut failures) > 0 {
                        tracing::info!("the ledger is back");
                    }
                    every
                }
                Err(error) => {
                    self.conn = None;
                    failures += 1;
                    if failures == 1 {
                        tracing::warn!(%error, "the ledger is away: what it asked for last holds");
                    }
                    self.wait(failures).max(every)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                dead = self.dying.recv() => match dead {
                    Some(worker) => self.dead.push((worker, Instant::now())),
                    None => break,
                },
            }
        }
        if let Err(error) = self.look().await {
            tracing::debug!(%error, "the last word was not heard");
        }
    }

    fn wait(&self, failures: u32) -> Duration {
        let postgres = self.pool.settings();
        let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
        backoff(base, cap, failures, rand::random())
    }

    async fn look(&mut self) -> Result<()> {
        while let Ok(worker) = self.dying.try_recv() {
            self.dead.push((worker, Instant::now()));
        }
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(self.pool.connect().await?),
        };
        if !self.dead.is_empty() {
            let dead: Vec<_> = self.dead.iter().map(|(worker, _)| *worker).collect();
            supervisors::bury(conn, &dead).await?;
            self.dead.retain(|(_, died)| died.elapsed() < BURY_FOR);
        }
        let report = self.reported.borrow_and_update().clone();
        let orders = if self.taken {
            supervisors::report(conn, &self.run, report.working, &report.health).await?
        } else {
            None
        };
        self.taken = orders.is_some();
        let mut heard = Heard {
            orders,
            ..Heard::default()
        };
        if heard.orders.is_none() {
            match other(conn, &self.run).await? {
                Some(other) => heard.held_by = Some(other),
                None => {
                    let orders = supervisors::take(conn, &self.run, self.processes).await?;
                    heard.orders = Some(orders);
                    self.taken = true;
                }
            }
        }
        if !report.starting.is_empty() {
            heard.working = supervisors::working(conn, &report.starting).await?;
        }
        self.hearing.send_if_modified(|last| {
            let news = *last != heard;
            *last = heard;
            news
        });
        Ok(())
    }
}

/// Who else is alive under this name. One of this machine whose process is gone is not.
async fn other(conn: &mut AsyncPgConnection, run: &SupervisorRecord) -> Result<Option<String>> {
    let holder = supervisors::holder(conn, &run.name).await?;
    Ok(holder
        .filter(|(host, pid)| {
            let here = *host == run.host;
            !here || (*pid != run.pid && process::is_there(*pid))
        })
        .map(|(host, pid)| format!("process {pid} on {host}")))
}

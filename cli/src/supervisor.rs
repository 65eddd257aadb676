//! A parent of worker processes: `nexus work --processes N`.
//!
//! | idea | file |
//! |---|---|
//! | the processes and what happens to them (pure) | [`fleet`] |
//! | what to do next (pure) | [`decide`] |
//! | one process of the operating system | [`process`] |
//! | what is asked in the ledger, and what is told there | [`link`], [`health`] |
//! | the worker's side: whose child it is | [`membership`] |

mod decide;
mod fleet;
pub(crate) mod health;
mod link;
pub(crate) mod membership;
mod process;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use nexus_config::Settings;
use nexus_jobs::WorkerId;
use nexus_schema::supervisors::SupervisorRecord;
use tokio::process::Child;

use crate::exit::{Exit, Failure};
use crate::signals::{self, Signals};
use decide::{Act, Why, decide};
use fleet::{Fleet, Rules};
use link::{Heard, Line};
pub(crate) use process::Program;
use process::cause_of;

/// How long the first look into the ledger may hold up the first processes.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// How long processes that were killed may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// What a supervisor is started with.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Under which name the ledger keeps what is asked of it.
    pub(crate) name: String,
    /// Processes, where the operator asked for no number in the ledger.
    pub(crate) processes: u16,
    /// What each process runs.
    pub(crate) program: Program,
}

/// A supervisor at work.
struct Supervisor {
    plan: Plan,
    fleet: Fleet,
    processes: HashMap<WorkerId, Process>,
    line: Line,
    /// What was heard of the ledger last.
    heard: Heard,
    stopping: bool,
    /// Who else has the name.
    displaced: Option<String>,
}

/// A worker process that has not been reaped.
struct Process {
    child: Child,
    /// The least number that no other process had when it was started. A slot is no such number:
    /// one that drains shares it with its successor.
    seat: usize,
}

/// Runs worker processes until a signal, then drains them.
pub(crate) async fn run(settings: &Settings, plan: Plan) -> anyhow::Result<Exit> {
    let mut signals = Signals::take()?;
    let mut hangups = signals::hangups()?;
    let mut ends = signals::child_ends()?;
    if settings.supervisor.memory_max.get() > 0 && !process::RESIDENT_IS_KNOWN {
        tracing::warn!("supervisor.memory_max is for Linux: here there is no ceiling");
    }
    let record = SupervisorRecord {
        name: plan.name.clone(),
        host: host(),
        pid: i32::try_from(std::process::id()).unwrap_or(0),
    };
    tracing::info!(name = record.name, pid = record.pid, "supervising");
    let mut supervisor = Supervisor {
        line: Line::open(settings, record, plan.processes),
        fleet: Fleet::new(Rules::of(settings)),
        plan,
        processes: HashMap::new(),
        heard: Heard::default(),
        stopping: false,
        displaced: None,
    };
    supervisor.first_orders().await;
    let every = settings.supervisor.check_every.get();
    loop {
        supervisor.turn(Instant::now());
        if supervisor.stopping && supervisor.processes.is_empty() {
            break;
        }
        tokio::select! {
            code = signals.next() => {
                if supervisor.stopping {
                    supervisor.end_at_once(code).await;
                }
                tracing::info!("stopping; a second signal ends at once");
                supervisor.stop(Instant::now());
            }
            _ = hangups.recv() => supervisor.restart("SIGHUP"),
            _ = ends.recv() => {}
            heard = supervisor.line.hear() => supervisor.follow(Instant::now(), heard),
            () = tokio::time::sleep(every) => {}
        }
    }
    supervisor.line.close(health::stopped()).await;
    match supervisor.displaced {
        None => {
            tracing::info!("all worker processes have ended");
            Ok(Exit::Ok)
        }
        Some(other) => Err(displaced(&supervisor.plan.name, &other).into()),
    }
}

impl Supervisor {
    /// Waits a moment for what the ledger asks, and begins with it or without.
    async fn first_orders(&mut self) {
        let first = tokio::time::timeout(FIRST_LOOK, self.line.hear()).await;
        let now = Instant::now();
        match first {
            Ok(heard) => self.follow(now, heard),
            Err(_) => {
                let processes = self.plan.processes;
                tracing::warn!(processes, "the ledger is away: as the command line says");
                self.fleet.want(now, processes.into());
            }
        }
    }

    /// Looks at every process, decides, acts, and tells.
    fn turn(&mut self, now: Instant) {
        self.reap(now);
        for child in &mut self.fleet.children {
            child.rss = process::resident_bytes(child.pid);
        }
        self.fleet.forget_deaths(now);
        for act in decide(now, &self.fleet) {
            match act {
                Act::Start(slot) => self.start(now, slot),
                Act::Drain(id, why) => self.drain(now, id, why),
                Act::Kill(id) => self.kill(now, id),
            }
        }
        self.line
            .tell(health::report(now, &self.fleet, self.stopping));
    }

    fn start(&mut self, now: Instant, slot: usize) {
        let id = WorkerId::random();
        let seat = least_free(self.processes.values().map(|process| process.seat));
        match self.plan.program.start(id, seat) {
            Ok((child, pid)) => {
                tracing::info!(process = slot + 1, pid, worker = %id, "started a worker process");
                self.fleet.started(now, slot, id, pid);
                self.processes.insert(id, Process { child, seat });
            }
            Err(error) => {
                tracing::error!(process = slot + 1, %error, "a worker process could not be started");
                self.fleet.not_started(now, slot, rand::random());
            }
        }
    }

    fn drain(&mut self, now: Instant, id: WorkerId, why: Why) {
        if let Some(child) = self.fleet.child(id) {
            let (process, pid, rss) = (child.slot + 1, child.pid, child.rss);
            match why {
                Why::NotWanted => tracing::info!(process, pid, "draining a worker process"),
                Why::Restart => tracing::info!(process, pid, "its successor works: draining"),
                Why::Memory => tracing::warn!(
                    process,
                    pid,
                    rss,
                    "over supervisor.memory_max, and its successor works: draining"
                ),
            }
            process::terminate(pid);
        }
        self.fleet.draining(now, id, rand::random());
    }

    fn kill(&mut self, now: Instant, id: WorkerId) {
        if let Some(process) = self.processes.get_mut(&id) {
            let pid = process.child.id();
            tracing::error!(pid, "a worker process did not drain in time: killing it");
            if let Err(error) = process.child.start_kill() {
                tracing::debug!(%error, "it has ended meanwhile");
            }
        }
        self.fleet.killed(now, id);
    }

    /// Takes leave of processes that have ended.
    fn reap(&mut self, now: Instant) {
        let ended: Vec<_> = self
            .processes
            .iter_mut()
            .filter_map(|(id, process)| Some((*id, process.child.try_wait().ok().flatten()?)))
            .collect();
        for (id, status) in ended {
            self.processes.remove(&id);
            // Only its parent knows for certain that it is gone, and with it all it held.
            self.line.bury(id);
            let Some(child) = self.fleet.child(id) else {
                continue;
            };
            let (slot, pid) = (child.slot, child.pid);
            let (process, cause) = (slot + 1, cause_of(status));
            if !self.fleet.ended(now, id, cause, rand::random()) {
                tracing::info!(process, pid, %cause, "a worker process has ended");
                continue;
            }
            let deaths = self.fleet.slots.get(slot).map_or(0, |slot| slot.deaths);
            tracing::warn!(process, pid, %cause, deaths, "a worker process died");
            if self.fleet.is_crash_loop(slot) {
                let pause = self.fleet.rules.restart_cap;
                tracing::error!(process, %cause, deaths, ?pause, "crash loop: it is tried on and on");
            }
        }
    }

    /// Does as the ledger says.
    fn follow(&mut self, now: Instant, heard: Heard) {
        for id in &heard.working {
            self.fleet.seen(*id);
        }
        if let Some(other) = &heard.held_by
            && self.displaced.is_none()
        {
            tracing::error!("{}", displaced(&self.plan.name, other));
            self.displaced = Some(other.clone());
            self.stop(now);
        }
        let before = std::mem::replace(&mut self.heard, heard).orders;
        let Some(orders) = self.heard.orders.clone().filter(|_| !self.stopping) else {
            return;
        };
        let desired = usize::try_from(orders.processes_desired).unwrap_or(0);
        let first = before.is_none();
        if first || desired != self.fleet.desired {
            self.say_desired(desired, orders.scaled_at.is_some());
            self.fleet.want(now, desired);
        }
        // What was asked of a predecessor is done: all processes of this one are new.
        if before.is_some_and(|before| before.restart_asked_at != orders.restart_asked_at) {
            self.restart("nexus workers restart");
        }
    }

    fn say_desired(&self, processes: usize, scaled: bool) {
        let started_with = self.plan.processes;
        if !scaled {
            tracing::info!(
                processes,
                "processes, as the command line or the settings say"
            );
        } else if processes == usize::from(started_with) {
            tracing::info!(processes, "processes, as the ledger says");
        } else {
            tracing::info!(
                processes,
                started_with,
                "processes, as `nexus workers scale` asked for in the ledger; that goes before \
                 what this supervisor was started with"
            );
        }
    }

    /// Replaces every process, one after another.
    fn restart(&mut self, asked_by: &str) {
        if !self.stopping {
            tracing::info!(asked_by, "a rolling restart");
            self.fleet.generation += 1;
        }
    }

    fn stop(&mut self, now: Instant) {
        self.stopping = true;
        self.fleet.want(now, 0);
    }

    /// Kills every process and ends: the operator did not want to wait.
    async fn end_at_once(mut self, code: i32) -> ! {
        tracing::warn!("ended at once; jobs that ran are rescued");
        for process in self.processes.values_mut() {
            // One that has ended needs no killing.
            let _ = process.child.start_kill();
        }
        for (id, mut process) in self.processes.drain() {
            let _ = tokio::time::timeout(GONE_WITHIN, process.child.wait()).await;
            self.line.bury(id);
        }
        self.line.close(health::stopped()).await;
        std::process::exit(code);
    }
}

/// The machine's name.
pub(crate) fn host() -> String {
    let uname = rustix::system::uname();
    uname.nodename().to_string_lossy().into_owned()
}

/// The least number that is not among those taken.
fn least_free(taken: impl Iterator<Item = usize>) -> usize {
    let taken: BTreeSet<usize> = taken.collect();
    let first_gap = taken.iter().zip(0..).find(|&(&seat, nth)| seat != nth);
    first_gap.map_or(taken.len(), |(_, nth)| nth)
}

fn displaced(name: &str, other: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("a supervisor named {name} runs already: {other}"),
    )
    .hint("give this one a name of its own: --name NAME")
}

#[cfg(test)]
mod tests {
    use super::least_free;

    #[test]
    fn a_seat_that_was_left_is_taken_first() {
        assert_eq!(least_free([].into_iter()), 0);
        assert_eq!(least_free([0, 1, 2].into_iter()), 3);
        assert_eq!(least_free([2, 0].into_iter()), 1);
        assert_eq!(least_free([1].into_iter()), 0);
    }
}

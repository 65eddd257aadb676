//! `nexus workers quiet`, `drain` and `resume`

use clap::{Args, Subcommand};
use nexus_jobs::WorkerId;
use nexus_schema::asked::{self, ProcessAsk};
use nexus_schema::workers::{self, WorkerView};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::user;

/// What a worker process may be asked.
#[derive(Debug, Subcommand)]
pub(super) enum AskedCommand {
    /// Claim nothing more, run on what runs, and stay
    Quiet(Which),
    /// End, as by SIGTERM: what runs has its grace, the rest is handed back
    Drain(Which),
    /// Claim again after `quiet`
    Resume(Which),
}

/// Which worker processes.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The beginning of a worker's id, or HOST:PID; `all` for every one
    #[arg(required = true, value_name = "WORKER")]
    workers: Vec<String>,
}

/// What was asked of which processes.
#[derive(Debug, Serialize)]
struct Told {
    asked: Option<ProcessAsk>,
    workers: Vec<WorkerId>,
}

pub(super) async fn run(command: &AskedCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    let (which, what) = match command {
        AskedCommand::Quiet(which) => (which, Some(ProcessAsk::Quiet)),
        AskedCommand::Drain(which) => (which, Some(ProcessAsk::Drain)),
        AskedCommand::Resume(which) => (which, None),
    };
    let mut conn = invocation.connect().await?;
    let there = workers::list(&mut conn).await?;
    let mut chosen = Vec::new();
    for name in &which.workers {
        chosen.extend(choose(&there, name)?);
    }
    let told = Told {
        asked: what,
        workers: asked::ask(&mut conn, &chosen, what, &user::actor()).await?,
    };
    invocation.output.show(&told, |told, _| {
        let what = told.asked.map_or("resume", ProcessAsk::as_str);
        format!("asked to {}: {}", said(what), processes(told.workers.len()))
    })?;
    Ok(Exit::Ok)
}

fn said(what: &str) -> &str {
    if what == "quiet" { "be quiet" } else { what }
}

fn processes(count: usize) -> String {
    match count {
        1 => "1 process".to_owned(),
        count => format!("{count} processes"),
    }
}

/// The processes that a name stands for. Exactly one, but for `all`.
fn choose(there: &[WorkerView], name: &str) -> Result<Vec<WorkerId>, Failure> {
    if name == "all" {
        return Ok(there.iter().map(|worker| WorkerId(worker.id)).collect());
    }
    let fits = |worker: &&WorkerView| {
        worker.id.to_string().starts_with(name) || format!("{}:{}", worker.host, worker.pid) == name
    };
    let mut fitting = there.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(worker), None) => Ok(vec![WorkerId(worker.id)]),
        (Some(_), Some(_)) => Err(Failure::new(
            Exit::Usage,
            format!("more than one worker is called {name:?}"),
        )
        .hint("give more of its id: nexus workers --json")),
        (None, _) => Err(Failure::new(Exit::NotFound, format!("no worker {name:?}"))
            .hint("nexus workers lists them; HOST:PID or the beginning of an id will do")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::output::Look;

    fn worker(id: u128, pid: i32) -> WorkerView {
        let now = Look::fixed().now;
        WorkerView {
            id: Uuid::from_u128(id),
            host: "box".into(),
            pid,
            queues: json!({}),
            started_at: now,
            seen_at: now,
            health: json!({}),
        }
    }

    #[test]
    fn a_name_stands_for_one_process_and_all_for_every_one() {
        let there = [worker(0x10 << 120, 1), worker(0x11 << 120, 2)];
        let chosen = |name| choose(&there, name).map_err(|failure| failure.exit as u8);
        assert_eq!(chosen("10"), Ok(vec![WorkerId(there[0].id)]));
        assert_eq!(chosen("box:2"), Ok(vec![WorkerId(there[1].id)]));
        assert_eq!(chosen("all").map(|all| all.len()), Ok(2));
        assert_eq!(chosen("1"), Err(Exit::Usage as u8));
        assert_eq!(chosen("box:3"), Err(Exit::NotFound as u8));
    }
}

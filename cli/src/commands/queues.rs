//! `nexus queues`

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use nexus_jobs::{QueueName, State, TransportName};
use nexus_schema::jobs::{self, LaneCount, LaneDepth};
use nexus_schema::queues::{self, QueueAsk};
use serde::Serialize;

use super::scale;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::span;
use crate::user;

/// What to do with queues: count their jobs, unless it says otherwise.
#[derive(Debug, Args)]
pub(crate) struct QueuesArgs {
    #[command(subcommand)]
    command: Option<QueuesCommand>,
}

#[derive(Debug, Subcommand)]
enum QueuesCommand {
    /// Count waiting and running jobs by queue
    List,
    /// Start no more jobs of these queues, on any worker; what runs, runs on
    Pause(Names),
    /// Start jobs of these queues again
    Resume(Names),
    /// Send a queue's ids through another broker from now on; nothing is lost
    Transport(Switch),
}

#[derive(Debug, Args)]
struct Names {
    #[arg(required = true, value_name = "QUEUE")]
    queues: Vec<QueueName>,
}

/// Which broker is to carry which queue.
#[derive(Debug, Args)]
struct Switch {
    #[arg(value_name = "QUEUE")]
    queue: QueueName,
    /// redis or kafka
    #[arg(value_name = "TRANSPORT")]
    to: TransportName,
}

/// A queue: its unfinished jobs by state, and where they wait.
#[derive(Debug, Default, Serialize)]
struct Queue {
    states: BTreeMap<String, i64>,
    waiting_ids: i64,
    pushed_ids: i64,
    oldest_due_s: f64,
    paused_at: Option<DateTime<Utc>>,
    paused_by: Option<String>,
    /// As an operator asked; null: as configured.
    concurrency: Option<i32>,
    /// The broker that carries its ids.
    transport: TransportName,
}

/// Counts unfinished jobs by queue, or pauses and resumes queues.
pub(super) async fn run(args: &QueuesArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let asked = match &args.command {
        None | Some(QueuesCommand::List) => return list(invocation).await,
        Some(QueuesCommand::Pause(names)) => {
            queues::pause(&mut conn, &names.queues, &user::actor()).await?
        }
        Some(QueuesCommand::Resume(names)) => {
            queues::resume(&mut conn, &names.queues, &user::actor()).await?
        }
        Some(QueuesCommand::Transport(switch)) => {
            vec![queues::switch(&mut conn, &switch.queue, switch.to, &user::actor()).await?]
        }
    };
    invocation.output.show(&asked, |asked, look| {
        if asked.is_empty() {
            return "nothing was paused".to_owned();
        }
        scale::render(asked, look)
    })?;
    Ok(Exit::Ok)
}

async fn list(invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let counts = jobs::counts(&mut conn).await?;
    let depths = jobs::depths(&mut conn).await?;
    let asked = queues::list(&mut conn).await?;
    let queues = gather(counts, depths, asked);
    invocation.output.show(&queues, render)?;
    Ok(Exit::Ok)
}

fn gather(
    counts: Vec<LaneCount>,
    depths: Vec<LaneDepth>,
    asked: Vec<QueueAsk>,
) -> BTreeMap<String, Queue> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    for count in counts {
        let queue = queues.entry(count.queue).or_default();
        queue.states.insert(count.state, count.jobs);
    }
    for depth in depths {
        let queue = queues.entry(depth.queue).or_default();
        queue.waiting_ids = depth.waiting_ids;
        queue.pushed_ids = depth.pushed_ids;
        queue.oldest_due_s = depth.oldest_due_s;
    }
    // What differs from the settings is shown even where no job is.
    let differs = |ask: &QueueAsk| {
        ask.paused_at.is_some() || ask.concurrency.is_some() || ask.transport.is_some()
    };
    for ask in asked.into_iter().filter(differs) {
        let queue = queues.entry(ask.name).or_default();
        queue.paused_at = ask.paused_at;
        queue.paused_by = ask.paused_by;
        queue.concurrency = ask.concurrency;
        queue.transport = ask
            .transport
            .and_then(|name| name.parse().ok())
            .unwrap_or_default();
    }
    queues
}

fn render(queues: &BTreeMap<String, Queue>, look: &Look) -> String {
    if queues.is_empty() {
        return "no unfinished jobs".to_owned();
    }
    let mut table = Table::new([
        Column::cut("QUEUE"),
        Column::number("SCHEDULED"),
        Column::number("AVAILABLE"),
        Column::number("RUNNING"),
        Column::number("RETRYABLE"),
        Column::number("IN BROKER"),
        Column::number("OLDEST"),
        Column::new("ASKED"),
    ]);
    for (name, queue) in queues {
        let count = |state: State| {
            let jobs = queue.states.get(state.as_str());
            grouped(jobs.copied().unwrap_or_default())
        };
        let oldest = Duration::try_from_secs_f64(queue.oldest_due_s).unwrap_or_default();
        let paused = queue.paused_at.is_some();
        let style = if paused { Style::Warn } else { Style::Plain };
        let cells = [
            name.clone(),
            count(State::Scheduled),
            count(State::Available),
            count(State::Running),
            count(State::Retryable),
            grouped(queue.pushed_ids),
            if oldest.is_zero() {
                "-".to_owned()
            } else {
                span(oldest)
            },
            asked(paused, queue),
        ];
        table.styled(7, style, cells);
    }
    table.render(look)
}

/// `PAUSED`, how many are to run at once, and the broker unless it is Redis; empty where
/// nothing is asked.
fn asked(paused: bool, queue: &Queue) -> String {
    let paused = paused.then(|| "PAUSED".to_owned());
    let concurrency = queue.concurrency.map(|number| number.to_string());
    let elsewhere = queue.transport != TransportName::default();
    let transport = elsewhere.then(|| queue.transport.to_string());
    paused
        .into_iter()
        .chain(concurrency)
        .chain(transport)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_queue() {
        let count = |queue: &str, state: &str, jobs| LaneCount {
            queue: queue.into(),
            state: state.into(),
            jobs,
        };
        let counts = vec![
            count("datasets", "running", 2),
            count("noop", "available", 1_000_000),
            count("noop", "retryable", 3),
        ];
        let depths = vec![LaneDepth {
            queue: "noop".into(),
            waiting_ids: 980_003,
            pushed_ids: 20_000,
            oldest_due_s: 12.5,
        }];
        let asked = |name: &str, paused: bool, concurrency, transport: Option<&str>| QueueAsk {
            name: name.into(),
            paused_at: paused.then(|| Look::fixed().now),
            paused_by: paused.then(|| "os:anna".into()),
            concurrency,
            transport: transport.map(str::to_owned),
            changed_at: Look::fixed().now,
            changed_by: "os:anna".into(),
        };
        let asked = vec![
            asked("empty", true, None, None),
            asked("noop", false, Some(8), Some("kafka")),
            asked("was-paused", false, None, None),
        ];
        let queues = gather(counts, depths, asked);
        insta::assert_snapshot!(render(&queues, &Look::fixed()), @r"
        QUEUE     SCHEDULED  AVAILABLE  RUNNING  RETRYABLE  IN BROKER  OLDEST  ASKED
        datasets          0          0        2          0          0       -
        empty             0          0        0          0          0       -  PAUSED
        noop              0  1,000,000        0          3     20,000  12.5 s  8 kafka
        ");
    }
}

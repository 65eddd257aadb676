//! `nexus scale`

use std::str::FromStr;

use clap::Args;
use nexus_jobs::QueueName;
use nexus_schema::queues::{self, QueueAsk};

use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::table::{Column, Table};
use crate::user;

/// How many jobs of which queues.
#[derive(Debug, Args)]
pub(crate) struct ScaleArgs {
    /// Jobs at once in each worker process that serves the queue; 0 starts none, `default` is what
    /// each process is configured for
    #[arg(required = true, value_name = "QUEUE=N|default")]
    queues: Vec<Wanted>,
}

/// One queue's number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    queue: QueueName,
    concurrency: Option<u32>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((queue, number)) = text.split_once('=') else {
            return Err("say QUEUE=N, for example default=8".to_owned());
        };
        let concurrency =
            match number {
                "default" => None,
                number => Some(number.parse().map_err(|_| {
                    format!("{number:?} is no number of jobs: use 0, 1, … or default")
                })?),
            };
        let queue = QueueName::new(queue).map_err(|error| error.to_string())?;
        Ok(Self { queue, concurrency })
    }
}

/// Sets the concurrency of queues.
pub(super) async fn run(args: &ScaleArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let wanted: Vec<_> = args
        .queues
        .iter()
        .map(|w| (w.queue.clone(), w.concurrency))
        .collect();
    let scaled = queues::scale(&mut conn, &wanted, &user::actor())
        .await
        .map_err(refused)?;
    invocation
        .output
        .show(&scaled, |scaled, look| render(scaled, look))?;
    Ok(Exit::Ok)
}

fn refused(error: nexus_schema::Error) -> anyhow::Error {
    match error {
        nexus_schema::Error::Invalid(message) => Failure::new(Exit::Usage, message).into(),
        other => other.into(),
    }
}

/// What is asked of queues.
pub(super) fn render(asked: &[QueueAsk], look: &Look) -> String {
    let mut table = Table::new([
        Column::cut("QUEUE"),
        Column::new("STATE"),
        Column::new("CONCURRENCY"),
        Column::new("TRANSPORT"),
    ]);
    for queue in asked {
        table.row([
            queue.name.clone(),
            if queue.paused_at.is_some() {
                "paused"
            } else {
                "runs"
            }
            .to_owned(),
            concurrency(queue),
            queue
                .transport
                .clone()
                .unwrap_or_else(|| "redis".to_owned()),
        ]);
    }
    table.render(look)
}

/// `8`, or `as configured`.
pub(super) fn concurrency(queue: &QueueAsk) -> String {
    let number = queue.concurrency.map(|number| number.to_string());
    number.unwrap_or_else(|| "as configured".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_and_its_number() {
        let wanted = |text: &str| text.parse::<Wanted>().map(|w| w.concurrency);
        assert_eq!(wanted("noop=8"), Ok(Some(8)));
        assert_eq!(wanted("noop=0"), Ok(Some(0)));
        assert_eq!(wanted("noop=default"), Ok(None));
        for wrong in ["noop", "noop=", "noop=-1", "noop=many", "=8", "No Op=8"] {
            assert!(wanted(wrong).is_err(), "{wrong}");
        }
    }
}

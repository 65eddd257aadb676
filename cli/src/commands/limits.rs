//! `nexus limits`

use std::str::FromStr;

use clap::{Subcommand, ValueEnum};
use nexus_config::Span;
use nexus_schema::gates::{self, LimitChange, LimitView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::table::{Column, Table};
use crate::user;

/// What to do with limits.
#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// List limits
    List,
    /// Make a limit, or change how much one lets in
    #[command(group = clap::ArgGroup::new("bound").required(true).multiple(true))]
    Set {
        /// Its name
        name: String,
        /// Count the jobs of this queue
        #[arg(long)]
        queue: Option<String>,
        /// Count the jobs of this kind
        #[arg(long)]
        kind: Option<String>,
        /// Count each tenant, or each limit key, by itself
        #[arg(long, value_enum, default_value_t = PerArg::All)]
        per: PerArg,
        /// Jobs at once, over all processes
        #[arg(long, value_name = "N", group = "bound", value_parser = clap::value_parser!(i32).range(0..))]
        concurrency: Option<i32>,
        /// Starts in a time, such as 100/1m
        #[arg(long, value_name = "N/TIME", group = "bound")]
        rate: Option<RateArg>,
        /// Starts that may come at once after a pause [default: 1]
        #[arg(long, value_name = "N", requires = "rate", value_parser = clap::value_parser!(i32).range(1..))]
        burst: Option<i32>,
    },
    /// Remove a limit; jobs that wait for it go
    Remove {
        /// Its name
        name: String,
    },
}

/// What a limit counts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PerArg {
    /// All of its jobs together
    All,
    /// Each tenant's jobs
    Tenant,
    /// Each limit key's jobs
    Key,
}

/// So many starts in a time: `100/1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateArg {
    count: i32,
    per_ms: i64,
}

impl FromStr for RateArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected starts and a time of 1ms or more, such as 100/1m".to_owned();
        let (count, per) = text.split_once('/').ok_or_else(expected)?;
        let per: Span = per.trim().parse().map_err(|_| expected())?;
        let rate = Self {
            count: count.trim().parse().map_err(|_| expected())?,
            per_ms: i64::try_from(per.get().as_millis()).map_err(|_| expected())?,
        };
        (rate.count >= 1 && rate.per_ms >= 1)
            .then_some(rate)
            .ok_or_else(expected)
    }
}

pub(super) async fn run(command: &LimitsCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let output = invocation.output;
    match command {
        LimitsCommand::List => output.show(&gates::limits(&mut conn).await?, |list, look| {
            render(list, look)
        })?,
        LimitsCommand::Set {
            name,
            queue,
            kind,
            per,
            concurrency,
            rate,
            burst,
        } => {
            let change = LimitChange {
                queue: queue.clone(),
                kind: kind.clone(),
                per: match per {
                    PerArg::All => "all",
                    PerArg::Tenant => "tenant",
                    PerArg::Key => "key",
                }
                .to_owned(),
                concurrency: *concurrency,
                rate: rate.map(|rate| rate.count),
                rate_per_ms: rate.map(|rate| rate.per_ms),
                burst: *burst,
            };
            let limit = gates::set_limit(&mut conn, name, &change, &user::actor()).await?;
            output.show(&limit, |limit, look| {
                render(std::slice::from_ref(limit), look)
            })?;
        }
        LimitsCommand::Remove { name } => {
            let limit = gates::remove_limit(&mut conn, name).await?;
            output.show(&limit, |limit, _| {
                format!("removed limit {}; jobs that wait for it go", limit.name)
            })?;
        }
    }
    Ok(Exit::Ok)
}

fn render(limits: &[LimitView], look: &Look) -> String {
    if limits.is_empty() {
        return "no limits; `nexus limits set NAME --queue QUEUE --concurrency N` makes one"
            .to_owned();
    }
    let mut table = Table::new([
        Column::cut("NAME"),
        Column::cut("QUEUE"),
        Column::cut("KIND"),
        Column::new("PER"),
        Column::number("AT ONCE"),
        Column::number("RATE"),
        Column::number("BURST"),
        Column::cut("BY"),
    ]);
    for limit in limits {
        let any = |name: &Option<String>| name.clone().unwrap_or_else(|| "any".to_owned());
        let number = |number: Option<i32>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        table.row([
            limit.name.clone(),
            any(&limit.queue),
            any(&limit.kind),
            limit.per.clone(),
            number(limit.concurrency),
            rate(limit).unwrap_or_else(|| "-".to_owned()),
            number(limit.burst),
            limit.changed_by.clone(),
        ]);
    }
    table.render(look)
}

fn rate(limit: &LimitView) -> Option<String> {
    let per = u64::try_from(limit.rate_per_ms?).ok()?;
    let per = Span::new(std::time::Duration::from_millis(per));
    Some(format!("{}/{per}", limit.rate?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_starts_in_a_time() {
        let rate = |text: &str| text.parse::<RateArg>();
        assert_eq!(
            rate("100/1m"),
            Ok(RateArg {
                count: 100,
                per_ms: 60_000
            })
        );
        assert_eq!(
            rate("1/250ms"),
            Ok(RateArg {
                count: 1,
                per_ms: 250
            })
        );
        for wrong in ["100", "0/1s", "1/0s", "a/1s", "1/1x"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_a_limit() {
        let made = Look::fixed().now;
        let limit = LimitView {
            name: "mail".into(),
            queue: None,
            kind: Some("send_mail".into()),
            per: "tenant".into(),
            concurrency: Some(4),
            rate: Some(100),
            rate_per_ms: Some(60_000),
            burst: Some(10),
            created_at: made,
            created_by: "os:anna".into(),
            changed_at: made,
            changed_by: "os:anna".into(),
        };
        insta::assert_snapshot!(render(&[limit], &Look::fixed()), @r"
        NAME  QUEUE  KIND       PER     AT ONCE    RATE  BURST  BY
        mail  any    send_mail  tenant        4  100/1m     10  os:anna
        ");
    }
}

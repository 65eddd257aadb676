//! `nexus breakers`

use std::time::Duration;

use clap::Subcommand;
use nexus_config::Span;
use nexus_schema::gates::{self, BreakerChange, BreakerView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::user;

/// What to do with breakers.
#[derive(Debug, Subcommand)]
pub(crate) enum BreakersCommand {
    /// List breakers
    List,
    /// Give a kind a breaker, or change when it opens and closes
    Set {
        /// The kind
        kind: String,
        /// Share of failed attempts from which it opens, above 0 and at most 1
        #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
        failure_share: f64,
        /// Attempts in a window below which it never opens
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..))]
        attempts_min: i32,
        /// The length of a window
        #[arg(long, value_name = "TIME", default_value = "1m")]
        window: Span,
        /// How long it stays open
        #[arg(long, value_name = "TIME", default_value = "30s")]
        open: Span,
        /// Jobs let in half open, to see how they fare
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..))]
        probes: i32,
    },
    /// Take a kind's breaker away; jobs that wait for it go
    Remove {
        /// The kind
        kind: String,
    },
    /// Close a kind's breaker, whatever it saw
    Reset {
        /// The kind
        kind: String,
    },
}

pub(super) async fn run(
    command: &BreakersCommand,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let (output, actor) = (invocation.output, user::actor());
    let one = |breaker: &BreakerView, look: &Look| render(std::slice::from_ref(breaker), look);
    match command {
        BreakersCommand::List => {
            output.show(&gates::breakers(&mut conn).await?, |list, look| {
                render(list, look)
            })?;
        }
        BreakersCommand::Set {
            kind,
            failure_share,
            attempts_min,
            window,
            open,
            probes,
        } => {
            let millis = |span: &Span| i64::try_from(span.get().as_millis()).unwrap_or(i64::MAX);
            let change = BreakerChange {
                failure_share: *failure_share,
                attempts_min: *attempts_min,
                window_ms: millis(window),
                open_ms: millis(open),
                probes: *probes,
            };
            output.show(
                &gates::set_breaker(&mut conn, kind, &change, &actor).await?,
                one,
            )?;
        }
        BreakersCommand::Remove { kind } => {
            let breaker = gates::remove_breaker(&mut conn, kind).await?;
            output.show(&breaker, |breaker, _| {
                format!(
                    "removed the breaker of {}; jobs that wait for it go",
                    breaker.kind
                )
            })?;
        }
        BreakersCommand::Reset { kind } => {
            output.show(&gates::reset_breaker(&mut conn, kind, &actor).await?, one)?;
        }
    }
    Ok(Exit::Ok)
}

fn render(breakers: &[BreakerView], look: &Look) -> String {
    if breakers.is_empty() {
        return "no breakers; `nexus breakers set KIND` gives a kind one".to_owned();
    }
    let mut table = Table::new([
        Column::cut("KIND"),
        Column::new("STATE"),
        Column::new("SINCE"),
        Column::number("ATTEMPTS"),
        Column::number("FAILED"),
        Column::new("OPENS AT"),
        Column::number("FOR"),
        Column::number("PROBES"),
    ]);
    for breaker in breakers {
        let span = |ms: i64| Span::new(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        let style = match breaker.state.as_str() {
            "closed" => Style::Good,
            "open" => Style::Bad,
            _ => Style::Warn,
        };
        table.styled(
            1,
            style,
            [
                breaker.kind.clone(),
                breaker.state.replace('_', " "),
                relative(breaker.since, look.now),
                breaker.attempts.to_string(),
                breaker.failures.to_string(),
                format!(
                    "{:.0} % of {} in {}",
                    breaker.failure_share * 100.0,
                    breaker.attempts_min,
                    span(breaker.window_ms)
                ),
                span(breaker.open_ms).to_string(),
                breaker.probes.to_string(),
            ],
        );
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_breaker() {
        let look = Look::fixed();
        let breaker = BreakerView {
            kind: "send_mail".into(),
            failure_share: 0.5,
            attempts_min: 20,
            window_ms: 60_000,
            open_ms: 30_000,
            probes: 3,
            state: "half_open".into(),
            since: look.now - chrono::TimeDelta::seconds(7),
            attempts: 1,
            failures: 0,
            probing: 3,
            changed_at: look.now,
            changed_by: "os:anna".into(),
        };
        insta::assert_snapshot!(render(&[breaker], &look), @r"
        KIND       STATE      SINCE    ATTEMPTS  FAILED  OPENS AT          FOR  PROBES
        send_mail  half open  7 s ago         1       0  50 % of 20 in 1m  30s       3
        ");
    }
}

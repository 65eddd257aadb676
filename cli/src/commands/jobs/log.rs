//! `nexus jobs log`

use clap::Args;
use nexus_jobs::JobId;
use nexus_schema::jobs::{self, LogLine};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::style::Style;
use crate::output::text::one_line;
use crate::output::time::precise;
use crate::output::{Look, print};
use crate::waiting::{Watch, has_ended};

/// Lines read at once.
const PAGE: u32 = 500;

/// Which job's log.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The job's id
    id: JobId,
    /// Go on until the job has ended; with --json, one object a line
    #[arg(long)]
    follow: bool,
}

pub(super) async fn run(args: &LogArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut watch = Watch::new(invocation.pool(), None);
    if args.follow {
        return follow(args.id, &mut watch, invocation).await;
    }
    // There may be no line of a job that is there; one that is not is an error.
    watch.job(args.id).await?;
    let mut lines = Vec::new();
    loop {
        let more = read(args.id, position(&lines), &mut watch).await?;
        let last = more.is_empty();
        lines.extend(more);
        if last {
            break;
        }
    }
    invocation.output.show(&lines, |lines, look| {
        lines.iter().map(|line| told(line, look)).collect()
    })?;
    Ok(Exit::Ok)
}

async fn follow(id: JobId, watch: &mut Watch, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut after = 0;
    loop {
        // The job first: what it said before its end is then seen.
        let ended = has_ended(&watch.job(id).await?);
        loop {
            let lines = read(id, after, watch).await?;
            for line in &lines {
                let text = if invocation.output.is_json() {
                    serde_json::to_string(line)?
                } else {
                    told(line, &Look::of_stdout())
                };
                print(&text)?;
            }
            if lines.is_empty() {
                break;
            }
            after = position(&lines);
        }
        if ended {
            return Ok(Exit::Ok);
        }
        watch.pause().await?;
    }
}

async fn read(id: JobId, after: i64, watch: &mut Watch) -> anyhow::Result<Vec<LogLine>> {
    let page = watch
        .look(async |conn| jobs::log(conn, id, after, PAGE).await)
        .await?;
    Ok(page.lines)
}

fn position(lines: &[LogLine]) -> i64 {
    lines.last().map_or(0, |line| line.position)
}

fn told(line: &LogLine, look: &Look) -> String {
    let style = match line.level.as_str() {
        "error" => Style::Bad,
        "warn" => Style::Warn,
        "debug" => Style::Dim,
        _ => Style::Plain,
    };
    let level = look.paint(style, &format!("{:5}", one_line(&line.level)));
    let mut text = format!(
        "{} {level} {}",
        precise(line.logged_at),
        one_line(&line.message)
    );
    if let Some(fields) = &line.fields {
        text.push_str(&look.paint(Style::Dim, &format!(" {}", one_line(&fields.to_string()))));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_line() {
        let line = LogLine {
            position: 1,
            run: 1,
            line: 1,
            level: "warn".into(),
            message: "a row\nwas \u{1b}[2Jodd".into(),
            fields: Some(serde_json::json!({"row": 7})),
            logged_at: Look::fixed().now,
        };
        insta::assert_snapshot!(told(&line, &Look::fixed()), @r#"2027-01-15 08:00:00.000 UTC warn  a row was �[2Jodd {"row":7}"#);
    }
}

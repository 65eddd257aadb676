//! `nexus events`

use clap::Subcommand;
use nexus_schema::events::{self, ListenerView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{between, relative, span};

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// List who listens to events, how far behind they are, and what they lost
    Listeners,
    /// Take a listener away: nothing is written for it any more, and what waits for it goes
    Forget {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(command: &EventsCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let output = invocation.output;
    match command {
        EventsCommand::Listeners => {
            output.show(&events::listeners(&mut conn).await?, |all, look| {
                render(all, look)
            })?;
        }
        EventsCommand::Forget { name } => {
            events::forget(&mut conn, name).await?;
            output.say(&format!("listener {name} is forgotten"))?;
        }
    }
    Ok(Exit::Ok)
}

fn render(listeners: &[ListenerView], look: &Look) -> String {
    if listeners.is_empty() {
        return "nobody listens, so no event is written".to_owned();
    }
    let mut table = Table::new([
        Column::cut("LISTENER"),
        Column::cut("TO"),
        Column::number("WAITING"),
        Column::new("FOR"),
        Column::new("SEEN"),
        Column::number("LOST"),
    ]);
    for one in listeners {
        let style = if one.lost > 0 {
            Style::Bad
        } else {
            Style::Plain
        };
        let waits = one
            .waiting_since
            .map(|since| span(between(since, look.now)));
        table.styled(
            5,
            style,
            [
                one.name.clone(),
                one.types.join(", "),
                one.waiting.to_string(),
                waits.unwrap_or_default(),
                relative(one.seen_at, look.now),
                one.lost.to_string(),
            ],
        );
    }
    table.render(look)
}

//! `nexus migrate`

use clap::Args;
use nexus_schema::migrate::{self, MigrationStatus};
use serde::Serialize;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::sql_callers;

/// What to do with the migrations; by default those that are pending run.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// List the migrations, and which of them ran
    #[arg(long, conflicts_with = "revert")]
    status: bool,
    /// Take back the newest one, and what it made with all its data
    #[arg(long)]
    revert: bool,
}

#[derive(Debug, Default, Serialize)]
struct Changed {
    ran: Vec<String>,
    reverted: Vec<String>,
}

/// Migrates as the owner of the database.
pub(super) async fn run(args: &MigrateArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let postgres = &invocation.settings.postgres;
    if args.status {
        let status = migrate::status(postgres).await?;
        invocation
            .output
            .show(&status, |status, look| render(status, look))?;
        return Ok(Exit::Ok);
    }
    let changed = if args.revert {
        Changed {
            reverted: vec![migrate::revert(postgres).await?],
            ..Changed::default()
        }
    } else {
        let ran = migrate::run(postgres).await?;
        let mut conn = nexus_schema::connect(postgres.owner_url.expose(), postgres).await?;
        sql_callers::record(&mut conn, &invocation.settings).await?;
        Changed {
            ran,
            ..Changed::default()
        }
    };
    invocation
        .output
        .show(&changed, |changed, _| told(changed))?;
    Ok(Exit::Ok)
}

fn told(changed: &Changed) -> String {
    let ran = changed.ran.iter().map(|name| format!("ran {name}\n"));
    let reverted = changed
        .reverted
        .iter()
        .map(|name| format!("reverted {name}\n"));
    let text: String = ran.chain(reverted).collect();
    if text.is_empty() {
        "the database is up to date".to_owned()
    } else {
        text
    }
}

fn render(status: &[MigrationStatus], look: &Look) -> String {
    let mut table = Table::new([Column::new("MIGRATION"), Column::new("STATE")]);
    for migration in status {
        let state = if migration.applied {
            "applied"
        } else {
            "pending"
        };
        table.styled(
            1,
            Style::of_state(state),
            [migration.name.clone(), state.to_owned()],
        );
    }
    table.render(look)
}

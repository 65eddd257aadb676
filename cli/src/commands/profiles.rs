//! `nexus profiles`

use clap::Subcommand;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::profiles;
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::table::{Column, Table};
use crate::output::{Look, Output};

/// What to see of the profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfilesCommand {
    /// List them
    List,
    /// Print one as TOML, to load with or to start one's own from
    Show {
        /// The profile's name
        name: String,
    },
}

#[derive(Debug, Serialize)]
struct Listed {
    name: &'static str,
    #[serde(rename = "type")]
    type_: &'static str,
    description: String,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    name: &'a str,
    toml: &'static str,
}

pub(super) fn run(command: &ProfilesCommand, output: Output) -> anyhow::Result<Exit> {
    match command {
        ProfilesCommand::List => output.show(&listed()?, |list, look| render(list, look))?,
        ProfilesCommand::Show { name } => {
            let toml = profiles::shipped(name).ok_or_else(|| {
                Failure::new(Exit::NotFound, format!("no profile {name:?} is shipped"))
                    .hint("`nexus profiles list` shows those that are")
            })?;
            output.show(&Shown { name, toml }, |shown, _| shown.toml.to_owned())?;
        }
    }
    Ok(Exit::Ok)
}

fn listed() -> anyhow::Result<Vec<Listed>> {
    let mut list = Vec::new();
    for name in profiles::names() {
        let profile = Profile::parse(profiles::shipped(name).unwrap_or_default())?;
        list.push(Listed {
            name,
            type_: profile.dataset_type.as_str(),
            description: profile.description,
        });
    }
    Ok(list)
}

fn render(list: &[Listed], look: &Look) -> String {
    let mut table = Table::new([
        Column::new("NAME"),
        Column::new("TYPE"),
        Column::cut("DESCRIPTION"),
    ]);
    for profile in list {
        table.row([
            profile.name.to_owned(),
            profile.type_.to_owned(),
            profile.description.clone(),
        ]);
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_profiles_fit_a_table() {
        insta::assert_snapshot!(render(&listed().unwrap(), &Look::fixed()), @r"
        NAME                    TYPE             DESCRIPTION
        amlsim-transfers        transactions     AMLSim transfers: source and target ac…
        canonical-calendar      calendars        Holidays, period ends and approval lim…
        canonical-parties       parties          Vendors and employees with the canonic…
        canonical-transactions  transactions     Transactions with the canonical column…
        corporate-payments      transactions     Vendor payments: VendorNum, Date (ISO)…
        generic-bank-statement  bank_statements  Bank statement: debit and credit colum…
        generic-expenses        expenses         Expense claims: English headers, ISO o…
        ");
    }
}

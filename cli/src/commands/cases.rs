//! `nexus cases`

mod which;

use clap::Subcommand;
use nexus_jobs::{CaseId, TenantId};
use nexus_schema::cases::{self, CaseChange, CaseView};

use crate::arguments::tenant::TenantArg;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{instant, relative};
use crate::output::{Look, paging};
use crate::user;
pub(crate) use which::find;

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub(crate) enum CasesCommand {
    /// Open a case
    Open {
        /// Its name, unique for a tenant
        name: String,
        /// Who examines
        #[arg(long)]
        examiner: String,
        #[command(flatten)]
        tenant: TenantArg,
    },
    /// List cases, the newest first
    List {
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Only those with lower ids: the next page
        #[arg(long, value_name = "ID")]
        before: Option<CaseId>,
    },
    /// Show one case
    Show {
        /// The case's id, or its name
        case: String,
        #[command(flatten)]
        tenant: TenantArg,
    },
    /// Change a case
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Change {
        /// The case's id, or its name
        case: String,
        /// Who examines from now on
        #[arg(long, group = "change")]
        examiner: Option<String>,
        /// open or closed; a closed case takes no more datasets
        #[arg(long, group = "change", value_parser = ["open", "closed"])]
        state: Option<String>,
        /// Whether nothing of it may be deleted
        #[arg(long, group = "change", value_name = "true|false", action = clap::ArgAction::Set)]
        legal_hold: Option<bool>,
        #[command(flatten)]
        tenant: TenantArg,
    },
}

pub(super) async fn run(command: &CasesCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let (output, actor) = (invocation.output, user::actor());
    match command {
        CasesCommand::Open {
            name,
            examiner,
            tenant,
        } => {
            let case = cases::open(&mut conn, tenant.tenant, name, examiner, &actor)
                .await
                .map_err(|error| no_tenant(error, tenant.tenant))?;
            output.show(&case, render)?;
        }
        CasesCommand::List { limit, before } => {
            let list = cases::list(&mut conn, *before, *limit).await?;
            output.show(&list, |list, look| render_list(list, *limit, look))?;
        }
        CasesCommand::Show { case, tenant } => {
            let case = find(&mut conn, tenant.tenant, case).await?;
            output.show(&case, render)?;
        }
        CasesCommand::Change {
            case,
            examiner,
            state,
            legal_hold,
            tenant,
        } => {
            let change = CaseChange {
                examiner: examiner.clone(),
                state: state.clone(),
                legal_hold: *legal_hold,
            };
            let case = find(&mut conn, tenant.tenant, case).await?;
            let case = cases::change(&mut conn, CaseId(case.id), &change, &actor).await?;
            output.show(&case, render)?;
        }
    }
    Ok(Exit::Ok)
}

fn no_tenant(error: nexus_schema::Error, tenant: TenantId) -> anyhow::Error {
    match error {
        nexus_schema::Error::NotFound { what: "tenant", .. } => {
            Failure::new(Exit::NotFound, format!("no tenant {tenant}"))
                .hint(format!(
                    "leave out --tenant for tenant {}",
                    TenantId::DEFAULT
                ))
                .into()
        }
        other => other.into(),
    }
}

fn render(case: &CaseView, look: &Look) -> String {
    let mut page = Page::new(look, &format!("case {} · {}", case.id, case.name)).state(&case.state);
    page.field("examiner", &case.examiner);
    page.field("legal hold", if case.legal_hold { "yes" } else { "no" });
    page.field("tenant", &case.tenant_id.to_string());
    page.field(
        "opened",
        &format!("{} UTC by {}", instant(case.created_at), case.created_by),
    );
    if case.updated_at != case.created_at {
        page.field(
            "changed",
            &format!("{} UTC by {}", instant(case.updated_at), case.updated_by),
        );
    }
    page.finish()
}

fn render_list(list: &[CaseView], limit: u32, look: &Look) -> String {
    if list.is_empty() {
        return "no cases; `nexus cases open NAME --examiner WHO` opens one".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::cut("NAME"),
        Column::new("STATE"),
        Column::new("HOLD"),
        Column::cut("EXAMINER"),
        Column::new("OPENED"),
    ]);
    for case in list {
        table.styled(
            2,
            Style::of_state(&case.state),
            [
                case.id.to_string(),
                case.name.clone(),
                case.state.clone(),
                if case.legal_hold { "yes" } else { "" }.to_owned(),
                case.examiner.clone(),
                relative(case.created_at, look.now),
            ],
        );
    }
    let mut text = table.render(look);
    let next = paging::next(list.iter().map(|case| case.id), limit);
    text.push_str(&paging::more(look, "--before", next));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> CaseView {
        let opened = Look::fixed().now - chrono::TimeDelta::days(3);
        CaseView {
            id: 12,
            tenant_id: 1,
            name: "Invoices of 2010".into(),
            examiner: "Anna Example".into(),
            state: "open".into(),
            legal_hold: true,
            created_at: opened,
            created_by: "os:anna".into(),
            updated_at: opened + chrono::TimeDelta::hours(1),
            updated_by: "os:bert".into(),
        }
    }

    #[test]
    fn a_page_and_a_list() {
        insta::assert_snapshot!(render(&case(), &Look::fixed()), @r"
        case 12 · Invoices of 2010 · open
          examiner      Anna Example
          legal hold    yes
          tenant        1
          opened        2027-01-12 08:00:00 UTC by os:anna
          changed       2027-01-12 09:00:00 UTC by os:bert
        ");
        let closed = CaseView {
            id: 11,
            name: "a name that is far longer than the one line that it is given in a list".into(),
            state: "closed".into(),
            legal_hold: false,
            ..case()
        };
        insta::assert_snapshot!(render_list(&[case(), closed], 2, &Look::fixed()), @r"
        ID  NAME                                     STATE   HOLD  EXAMINER      OPENED
        12  Invoices of 2010                         open    yes   Anna Example  3 d ago
        11  a name that is far longer than the one…  closed        Anna Example  3 d ago
        more: --before 11
        ");
    }
}

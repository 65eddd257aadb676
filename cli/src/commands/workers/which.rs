//! Which supervisor is meant.

use nexus_schema::AsyncPgConnection;
use nexus_schema::supervisors::{self, SupervisorView};

use crate::exit::{Exit, Failure};

/// The supervisor of that name; without a name the only one that runs, or else the
/// only one there is.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    name: Option<&str>,
) -> anyhow::Result<SupervisorView> {
    Ok(choose(supervisors::list(conn).await?, name)?)
}

/// The same, of those that run.
pub(super) async fn find_alive(
    conn: &mut AsyncPgConnection,
    name: Option<&str>,
) -> anyhow::Result<SupervisorView> {
    let found = find(conn, name).await?;
    if runs(&found) {
        return Ok(found);
    }
    let gone = format!("the supervisor {} does not run", found.name);
    Err(Failure::new(Exit::NotFound, gone).into())
}

/// An error if it runs.
pub(super) fn refuse_alive(found: &SupervisorView) -> Result<(), Failure> {
    if runs(found) {
        let runs = format!("the supervisor {} runs", found.name);
        return Err(Failure::new(Exit::Usage, runs).hint("stop it first"));
    }
    if found.alive {
        let text = format!("the supervisor {} stopped only just now", found.name);
        return Err(Failure::new(Exit::Usage, text).hint("try again in 10 s"));
    }
    Ok(())
}

/// Whether it was seen a moment ago and did not end since.
pub(super) fn runs(found: &SupervisorView) -> bool {
    let stopped = found
        .health
        .get("stopped")
        .and_then(serde_json::Value::as_bool);
    found.alive && stopped != Some(true)
}

fn choose(all: Vec<SupervisorView>, name: Option<&str>) -> Result<SupervisorView, Failure> {
    let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
    let names = names.join(", ");
    if let Some(name) = name {
        return all
            .into_iter()
            .find(|one| one.name == name)
            .ok_or_else(|| none(format!("no supervisor {name}"), &names));
    }
    let (running, gone): (Vec<_>, Vec<_>) = all.into_iter().partition(runs);
    let mut candidates = if running.is_empty() { gone } else { running };
    match candidates.len() {
        0 => Err(none("no supervisor".to_owned(), &names)),
        1 => Ok(candidates.remove(0)),
        _ => {
            let names = candidates.iter().map(|one| one.name.as_str());
            let several = names.collect::<Vec<_>>().join(", ");
            Err(
                Failure::new(Exit::Usage, "there are several supervisors; which one?")
                    .hint(format!("--supervisor NAME: {several}")),
            )
        }
    }
}

fn none(message: String, names: &str) -> Failure {
    let hint = if names.is_empty() {
        "`nexus work --processes N` starts one".to_owned()
    } else {
        format!("there are: {names}")
    };
    Failure::new(Exit::NotFound, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::supervisors::tests::view;
    use super::*;

    fn chosen(all: Vec<SupervisorView>, name: Option<&str>) -> Result<String, Exit> {
        choose(all, name)
            .map(|one| one.name)
            .map_err(|failure| failure.exit)
    }

    #[test]
    fn one_that_runs_needs_no_name() {
        let gone = SupervisorView {
            alive: false,
            ..view("gone")
        };
        let all = || vec![view("a"), gone.clone()];
        assert_eq!(chosen(all(), None), Ok("a".to_owned()));
        assert_eq!(chosen(all(), Some("gone")), Ok("gone".to_owned()));
        assert_eq!(chosen(all(), Some("b")), Err(Exit::NotFound));
        assert_eq!(chosen(vec![gone], None), Ok("gone".to_owned()));
        assert_eq!(chosen(vec![], None), Err(Exit::NotFound));
        let several = choose(vec![view("a"), view("b")], None).unwrap_err();
        assert_eq!(several.exit, Exit::Usage);
        assert_eq!(several.hint.as_deref(), Some("--supervisor NAME: a, b"));
    }
}

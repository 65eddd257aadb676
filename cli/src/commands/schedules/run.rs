use nexus_producer::schedules::{self, Filled};
use nexus_schema::AsyncPgConnection;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::user;

pub(super) async fn run(
    name: &str,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let filled = schedules::run_now(conn, name, &user::actor(), &invocation.settings).await?;
    invocation.output.show(&filled, |filled, _| told(filled))?;
    Ok(match filled.job_id {
        Some(_) => Exit::Ok,
        None => Exit::Failed,
    })
}

fn told(filled: &Filled) -> String {
    match (filled.job_id, &filled.reason) {
        (Some(id), _) => format!("job {id}"),
        (None, Some(why)) => format!("no job: {why}"),
        (None, None) => "no job".to_owned(),
    }
}

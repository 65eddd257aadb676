use std::fmt;

use nexus_schema::events::{ListenerView, listeners};
use nexus_schema::triggers::{self, TriggerView};
use nexus_schema::{AsyncPgConnection, Result};
use prometheus_client::encoding::DescriptorEncoder;

use super::ledger::gauges;

/// Who listens to events, and what triggers made of them.
#[derive(Debug)]
pub(super) struct Events {
    listeners: Vec<ListenerView>,
    triggers: Vec<TriggerView>,
}

impl Events {
    pub(super) async fn take(conn: &mut AsyncPgConnection) -> Result<Self> {
        Ok(Self {
            listeners: listeners(conn).await?,
            triggers: triggers::list(conn).await?,
        })
    }

    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let of = |one: &ListenerView| [("listener", one.name.clone())];
        gauges(
            encoder,
            "events_waiting",
            "Events that wait for a listener, counted up to 10,000 rows",
            None,
            self.listeners.iter().map(|one| (of(one), one.waiting)),
        )?;
        gauges(
            encoder,
            "events_lost",
            "Events thrown away since their listener did not come in time",
            None,
            self.listeners.iter().map(|one| (of(one), one.lost)),
        )?;
        let met = self.triggers.iter().flat_map(|one| {
            [
                ("fired", one.fired),
                ("skipped", one.skipped),
                ("failed", one.failed),
            ]
            .map(|(outcome, events)| {
                (
                    [
                        ("trigger", one.name.clone()),
                        ("outcome", outcome.to_owned()),
                    ],
                    events,
                )
            })
        });
        gauges(
            encoder,
            "trigger_events",
            "Events that matched a trigger, by what became of them",
            None,
            met,
        )
    }
}

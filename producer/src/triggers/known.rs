use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use nexus_jobs::trigger::Trigger;
use nexus_schema::triggers::{self, TriggerView};
use nexus_schema::{AsyncPgConnection, Result};

/// The triggers that are enabled, each compiled once a version.
#[derive(Debug, Default)]
pub(super) struct Known {
    triggers: HashMap<String, Arc<Trigger>>,
    order: Vec<Arc<Trigger>>,
}

impl Known {
    /// Brings them in line with the ledger.
    pub(super) async fn refresh(&mut self, conn: &mut AsyncPgConnection) -> Result<()> {
        let views = triggers::list(conn).await?;
        let mut known = HashMap::with_capacity(views.len());
        let mut order = Vec::with_capacity(views.len());
        for view in views.into_iter().filter(|view| view.enabled) {
            let same = self.triggers.remove(&view.name);
            let same = same.filter(|trigger| trigger.version == view.version);
            if let Some(trigger) = same.or_else(|| compiled(view).map(Arc::new)) {
                known.insert(trigger.name.clone(), Arc::clone(&trigger));
                order.push(trigger);
            }
        }
        *self = Self {
            triggers: known,
            order,
        };
        Ok(())
    }

    /// The topics that they look at.
    pub(super) fn topics(&self) -> BTreeSet<String> {
        let topics = self.order.iter();
        topics
            .filter_map(|trigger| trigger.definition.on.topic.clone())
            .collect()
    }

    /// Those that look at events of this topic, or at the ledger's own, by name.
    pub(super) fn of<'a>(
        &'a self,
        topic: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Arc<Trigger>> {
        let all = self.order.iter();
        all.filter(move |trigger| trigger.definition.on.topic.as_deref() == topic)
    }
}

/// A stored trigger; one that another version of this program wrote may not be known here.
pub(super) fn compiled(view: TriggerView) -> Option<Trigger> {
    let (name, version) = (view.name, view.version);
    let definition = serde_json::from_value(view.definition).map_err(|error| error.to_string());
    match definition.and_then(|definition| Trigger::new(&name, version, definition)) {
        Ok(trigger) => Some(trigger),
        Err(error) => {
            tracing::error!(trigger = %name, version, error, "a stored trigger cannot be read");
            None
        }
    }
}

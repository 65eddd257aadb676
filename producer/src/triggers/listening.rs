use std::collections::{BTreeMap, BTreeSet};

use nexus_jobs::Change;
use nexus_jobs::trigger::On;
use nexus_schema::events::{ALL_TYPES, Listened};

/// What must be written down for triggers that look at these events of the ledger's own: of each type
/// the jobs' kinds, and no more. Of a type that ends in `*` and may be anything a handler emits, all.
pub(super) fn listening<'a>(triggers: impl Iterator<Item = &'a On>) -> Vec<Listened> {
    // Of each type the kinds; none: any.
    let mut types: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    for on in triggers.filter(|on| on.topic.is_none()) {
        for event_type in types_of(on) {
            let kinds = types
                .entry(event_type)
                .or_insert_with(|| Some(BTreeSet::new()));
            match (&on.kind, kinds.as_mut()) {
                (Some(kind), Some(kinds)) => {
                    kinds.insert(kind);
                }
                (None, _) => *kinds = None,
                (Some(_), None) => {}
            }
        }
    }
    // Who listens to all has no other row: an event would be written twice.
    if types.contains_key(ALL_TYPES) {
        let all: Vec<_> = std::mem::take(&mut types).into_values().collect();
        let any = all.iter().any(Option::is_none);
        let kinds = (!any).then(|| all.into_iter().flatten().flatten().collect());
        types.insert(ALL_TYPES, kinds);
    }
    let listened = types.into_iter().map(|(event_type, kinds)| Listened {
        event_type: event_type.to_owned(),
        kinds: kinds.map(|kinds| kinds.into_iter().map(str::to_owned).collect()),
    });
    listened.collect()
}

fn types_of(on: &On) -> Vec<&str> {
    if !on.r#type.ends_with('*') {
        return vec![&on.r#type];
    }
    let changes = Change::ALL.map(Change::event_type);
    if on.r#type.starts_with("job.") {
        return changes.into_iter().filter(|one| on.is_type(one)).collect();
    }
    vec![ALL_TYPES]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(event_type: &str, kind: Option<&str>) -> On {
        On {
            r#type: event_type.to_owned(),
            kind: kind.map(str::to_owned),
            outcome: None,
            topic: None,
        }
    }

    fn shown(triggers: &[On]) -> Vec<String> {
        let listened = listening(triggers.iter());
        let shown = listened.into_iter().map(|one| match one.kinds {
            Some(kinds) => format!("{} of {}", one.event_type, kinds.join(",")),
            None => one.event_type,
        });
        shown.collect()
    }

    #[test]
    fn no_more_is_written_than_is_looked_at() {
        assert_eq!(shown(&[]), Vec::<String>::new());
        let narrow = [
            on("job.completed", Some("b")),
            on("job.completed", Some("a")),
            on("job.discarded", Some("a")),
        ];
        assert_eq!(
            shown(&narrow),
            ["job.completed of a,b", "job.discarded of a"]
        );
        let wider = [on("job.completed", Some("b")), on("job.completed", None)];
        assert_eq!(shown(&wider), ["job.completed"]);
        let prefix = [on("job.c*", Some("a"))];
        assert_eq!(shown(&prefix), ["job.cancelled of a", "job.completed of a"]);
    }

    #[test]
    fn who_listens_to_all_is_told_once() {
        let all = [on("dataset.*", Some("a")), on("job.completed", Some("b"))];
        assert_eq!(shown(&all), ["* of a,b"]);
        assert_eq!(
            shown(&[on("*", None), on("job.completed", Some("b"))]),
            ["*"]
        );
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_ours_to_write() {
        let theirs = On {
            topic: Some("bank.payments".to_owned()),
            ..on("paid", None)
        };
        assert_eq!(listening([theirs].iter()), []);
    }
}

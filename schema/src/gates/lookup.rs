use std::collections::BTreeMap;

/// What each of some jobs is told, as arrays in which SQL finds it by a binary search over the ids
/// and two subscripts. A join with `unnest` would be planned for ten rows and go over all pairs,
/// and a subscript into an array of texts walks over those before it: hence few texts, and numbers.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// The jobs, ascending.
    pub(super) ids: Vec<i64>,
    /// For each, which of the texts; 0 for none.
    pub(super) at: Vec<i32>,
    /// The texts, each once.
    pub(super) texts: Vec<String>,
}

impl Lookup {
    pub(super) fn of(told: impl IntoIterator<Item = (i64, Option<String>)>) -> Self {
        let mut told: Vec<(i64, Option<String>)> = told.into_iter().collect();
        told.sort_unstable_by_key(|(id, _)| *id);
        let mut lookup = Self::default();
        let mut places: BTreeMap<String, i32> = BTreeMap::new();
        for (id, text) in told {
            let at = text.map_or(0, |text| {
                let next = i32::try_from(places.len() + 1).unwrap_or(0);
                *places.entry(text).or_insert_with_key(|text| {
                    lookup.texts.push(text.clone());
                    next
                })
            });
            lookup.ids.push(id);
            lookup.at.push(at);
        }
        lookup
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_stands_once_and_is_found_by_its_place() {
        let told = [(7, Some("b")), (3, Some("a")), (5, None), (9, Some("b"))];
        let lookup = Lookup::of(told.map(|(id, text)| (id, text.map(str::to_owned))));
        assert_eq!(lookup.ids, [3, 5, 7, 9]);
        assert_eq!(lookup.texts, ["a", "b"]);
        assert_eq!(lookup.at, [1, 0, 2, 2]);
    }
}

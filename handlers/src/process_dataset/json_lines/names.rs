//! What is looked for: keys, and paths into nested objects.
//!
//! A key with a dot (`payer.account`) is looked for as it stands first, and only where the record
//! has no such key as a path: `account` in the object at `payer`. Keys are compared exactly. A
//! key that differs from the wanted one in the case of ASCII letters alone is taken where the
//! object has no exact one, as a header of CSV would be.

/// Steps of the longest path: each costs another look at the nested text. A key with more dots
/// is looked for as it stands only.
const PATH_STEPS_MAX: usize = 8;

/// Every wanted name, level by level: that of the record first, a nested one behind its parent's.
pub(super) struct Names {
    pub(super) levels: Vec<Level>,
    /// For every column of the source, in its order.
    pub(super) columns: Vec<Wanted>,
    count: usize,
}

/// The names wanted of one object.
pub(super) struct Level {
    /// The name whose value is this object; `None` for the record itself.
    pub(super) parent: Option<usize>,
    names: Vec<Name>,
}

struct Name {
    id: usize,
    text: String,
    /// Another name of the level differs in case alone: then only exact keys count.
    exact_only: bool,
}

/// Where a column's value is: ids of names.
#[derive(Default)]
pub(super) struct Wanted {
    /// The whole key; `None` for a column that nobody asks for.
    pub(super) key: Option<usize>,
    /// The steps of its path; empty where it is none.
    pub(super) path: Vec<usize>,
}

/// A key of an object that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The name's id.
    pub(super) name: usize,
    /// It is the very name, also in case.
    pub(super) exact: bool,
}

impl Names {
    /// Names for the columns whose positions are `used`.
    pub(super) fn new(columns: &[String], used: impl IntoIterator<Item = usize>) -> Self {
        let record = Level {
            parent: None,
            names: Vec::new(),
        };
        let mut names = Self {
            levels: vec![record],
            columns: columns.iter().map(|_| Wanted::default()).collect(),
            count: 0,
        };
        for column in used {
            let Some(key) = columns.get(column) else {
                continue;
            };
            let steps: Vec<&str> = key.split('.').collect();
            let path = if (2..=PATH_STEPS_MAX).contains(&steps.len()) {
                names.add_path(&steps)
            } else {
                Vec::new()
            };
            let key = Some(names.add(0, key));
            names.columns[column] = Wanted { key, path };
        }
        names
    }

    /// How many names there are; their ids count from 0.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn add_path(&mut self, steps: &[&str]) -> Vec<usize> {
        let mut level = 0;
        let mut path = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            let name = self.add(level, step);
            path.push(name);
            if index + 1 < steps.len() {
                level = self.below(name);
            }
        }
        path
    }

    /// The level of the object that is a name's value.
    fn below(&mut self, name: usize) -> usize {
        let parent = Some(name);
        let known = self.levels.iter().position(|level| level.parent == parent);
        known.unwrap_or_else(|| {
            self.levels.push(Level {
                parent,
                names: Vec::new(),
            });
            self.levels.len() - 1
        })
    }

    fn add(&mut self, level: usize, text: &str) -> usize {
        let names = &mut self.levels[level].names;
        if let Some(known) = names.iter().find(|name| name.text == text) {
            return known.id;
        }
        let mut exact_only = false;
        for other in names.iter_mut() {
            if other.text.eq_ignore_ascii_case(text) {
                exact_only = true;
                other.exact_only = true;
            }
        }
        let id = self.count;
        self.count += 1;
        names.push(Name {
            id,
            text: text.to_owned(),
            exact_only,
        });
        id
    }
}

impl Level {
    /// The wanted name that a key of the object is.
    #[inline]
    pub(super) fn find(&self, key: &str) -> Option<Match> {
        let same = |name: &&Name| name.text.len() == key.len() && name.text == key;
        if let Some(name) = self.names.iter().find(same) {
            return Some(Match {
                name: name.id,
                exact: true,
            });
        }
        let alike = |name: &&Name| !name.exact_only && name.text.eq_ignore_ascii_case(key);
        self.names.iter().find(alike).map(|name| Match {
            name: name.id,
            exact: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[&str]) -> Names {
        let columns: Vec<String> = columns.iter().map(|&key| key.to_owned()).collect();
        Names::new(&columns, 0..columns.len())
    }

    #[test]
    fn steps_that_paths_share_are_one_name() {
        let names = names(&["id", "payer.account", "payer.name", "payer"]);
        let parents: Vec<_> = names.levels.iter().map(|level| level.parent).collect();
        let payer = names.columns[3].key;
        assert_eq!(parents, [None, payer]);
        assert_eq!(names.columns[1].path[0], names.columns[2].path[0]);
        assert_eq!(names.count(), 6);
    }

    #[test]
    fn case_is_overlooked_only_where_that_leaves_one_name() {
        let one = names(&["Date"]);
        let exact = |names: &Names, key| names.levels[0].find(key).map(|found| found.exact);
        assert_eq!(exact(&one, "Date"), Some(true));
        assert_eq!(exact(&one, "DATE"), Some(false));
        assert_eq!(exact(&one, "Dates"), None);
        let two = names(&["Date", "date"]);
        assert_eq!(exact(&two, "date"), Some(true));
        assert_eq!(exact(&two, "DATE"), None);
    }

    #[test]
    fn a_key_with_very_many_dots_is_no_path() {
        let names = names(&[&"a.".repeat(1000)]);
        assert!(names.columns[0].path.is_empty());
        assert_eq!(names.levels.len(), 1);
    }

    #[test]
    fn columns_that_nobody_asks_for_have_no_names() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let names = Names::new(&columns, [1, 7]);
        assert_eq!(names.count(), 1);
        assert_eq!(names.columns[0].key, None);
    }
}

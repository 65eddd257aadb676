use serde_json::{Map, Value};

use super::path::EventPath;

/// JSON in which texts may hold paths: `{{ $.data.job }}`.
///
/// A text that is one path and nothing else becomes what the path selects, with its type. Within a
/// longer text, what is selected is written as text. A path must select exactly one value; one that
/// ends in `?`, as `{{ $.subject ? }}`, may select none, and is then null, or empty within a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Same(Value),
    Selected(Hole),
    Text(Vec<Piece>),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Hole(Hole),
}

#[derive(Clone, Debug, PartialEq)]
struct Hole {
    path: EventPath,
    may_be_missing: bool,
}

/// Deepest nesting of a mapping: what `serde_json` reads of arguments.
const DEPTH_MAX: usize = 100;

impl Mapping {
    /// Reads a mapping; the text says what is wrong with it.
    pub fn new(json: &Value) -> Result<Self, String> {
        Ok(Self(Node::new(json, 0)?))
    }

    /// What it makes of an event; the text says which path found nothing.
    pub fn apply(&self, event: &Value) -> Result<Value, String> {
        self.0.apply(event)
    }
}

impl Node {
    fn new(json: &Value, depth: usize) -> Result<Self, String> {
        if depth > DEPTH_MAX {
            return Err(format!("nested over {DEPTH_MAX} deep"));
        }
        Ok(match json {
            Value::String(text) => Self::text(text)?,
            Value::Array(items) => {
                let nodes = items.iter().map(|item| Self::new(item, depth + 1));
                Self::List(nodes.collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let nodes = fields.iter().map(|(name, value)| {
                    let node = Self::new(value, depth + 1);
                    node.map(|node| (name.clone(), node))
                        .map_err(|wrong| format!("{name}: {wrong}"))
                });
                Self::Object(nodes.collect::<Result<_, _>>()?)
            }
            other => Self::Same(other.clone()),
        })
    }

    fn text(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (path, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("{text:?} has {{{{ without }}}}"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Hole(Hole::new(path)?));
            rest = after;
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(match (pieces.pop(), pieces.is_empty()) {
            (Some(Piece::Hole(hole)), true) => Self::Selected(hole),
            (Some(Piece::Text(text)), true) => Self::Same(Value::String(text)),
            (last, _) => {
                pieces.extend(last);
                Self::Text(pieces)
            }
        })
    }

    fn apply(&self, event: &Value) -> Result<Value, String> {
        Ok(match self {
            Self::Same(value) => value.clone(),
            Self::Selected(hole) => hole.select(event)?.cloned().unwrap_or(Value::Null),
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(piece) => text.push_str(piece),
                        Piece::Hole(hole) => match hole.select(event)? {
                            Some(Value::String(found)) => text.push_str(found),
                            Some(found) => text.push_str(&found.to_string()),
                            None => {}
                        },
                    }
                }
                Value::String(text)
            }
            Self::List(nodes) => {
                let values = nodes.iter().map(|node| node.apply(event));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(fields) => {
                let mut object = Map::new();
                for (name, node) in fields {
                    object.insert(name.clone(), node.apply(event)?);
                }
                Value::Object(object)
            }
        })
    }
}

impl Hole {
    fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (path, may_be_missing) = match text.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text, false),
        };
        Ok(Self {
            path: path.parse()?,
            may_be_missing,
        })
    }

    fn select<'e>(&self, event: &'e Value) -> Result<Option<&'e Value>, String> {
        let found = self.path.select(event);
        match *found {
            [one] => Ok(Some(one)),
            [] if self.may_be_missing => Ok(None),
            [] => Err(format!("{} selects nothing of the event", self.path)),
            _ => Err(format!(
                "{} selects {} values of the event, not one",
                self.path,
                found.len()
            )),
        }
    }
}

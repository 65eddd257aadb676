use std::borrow::Cow;

use serde_json::{Map, Value};

/// JSON in whose texts `{{ … }}` stands for something else.
///
/// A text that is one hole and nothing else becomes what fills it, with its type. Within a longer
/// text, what fills a hole is written as text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Template<H> {
    /// It stands for itself.
    Same(Value),
    Filled(H),
    Text(Vec<Piece<H>>),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<H> {
    Text(String),
    Hole(H),
}

/// What stands between `{{` and `}}`.
pub(crate) trait Hole: Sized {
    /// What it is filled from.
    type From: ?Sized;

    /// Reads it; the text says what is wrong with it.
    fn read(text: &str) -> Result<Self, String>;

    /// What fills it; nothing is null, or empty within a text. The text says why it cannot be.
    fn fill<'f>(&self, from: &'f Self::From) -> Result<Option<Cow<'f, Value>>, String>;
}

/// Deepest nesting of a template: what `serde_json` reads of arguments.
const DEPTH_MAX: usize = 100;

impl<H: Hole> Template<H> {
    /// Reads a template; the text says what is wrong with it.
    pub(crate) fn new(json: &Value) -> Result<Self, String> {
        Self::nested(json, 0)
    }

    fn nested(json: &Value, depth: usize) -> Result<Self, String> {
        if depth > DEPTH_MAX {
            return Err(format!("nested over {DEPTH_MAX} deep"));
        }
        Ok(match json {
            Value::String(text) => Self::text(text)?,
            Value::Array(items) => {
                let nodes = items.iter().map(|item| Self::nested(item, depth + 1));
                Self::List(nodes.collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let nodes = fields.iter().map(|(name, value)| {
                    let node = Self::nested(value, depth + 1);
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
            let (hole, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("{text:?} has {{{{ without }}}}"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Hole(H::read(hole.trim())?));
            rest = after;
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(match (pieces.pop(), pieces.is_empty()) {
            (Some(Piece::Hole(hole)), true) => Self::Filled(hole),
            (Some(Piece::Text(text)), true) => Self::Same(Value::String(text)),
            (last, _) => {
                pieces.extend(last);
                Self::Text(pieces)
            }
        })
    }

    /// What it becomes; the text says which hole cannot be filled.
    pub(crate) fn fill(&self, from: &H::From) -> Result<Value, String> {
        Ok(match self {
            Self::Same(value) => value.clone(),
            Self::Filled(hole) => hole.fill(from)?.map_or(Value::Null, Cow::into_owned),
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(piece) => text.push_str(piece),
                        Piece::Hole(hole) => match hole.fill(from)?.as_deref() {
                            Some(Value::String(found)) => text.push_str(found),
                            Some(found) => text.push_str(&found.to_string()),
                            None => {}
                        },
                    }
                }
                Value::String(text)
            }
            Self::List(nodes) => {
                let values = nodes.iter().map(|node| node.fill(from));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(fields) => {
                let mut object = Map::new();
                for (name, node) in fields {
                    object.insert(name.clone(), node.fill(from)?);
                }
                Value::Object(object)
            }
        })
    }
}

//! A workflow's graph as text: lanes, and beside them what each node is.

use std::collections::BTreeMap;

use nexus_schema::workflows::NodeView;

use super::fold::{Folded, folded};
use super::graph::{self, Row};
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::text::one_line;
use crate::output::time::{between, span};

/// The most lanes that a reader can follow.
const LANES_MAX: usize = 16;

/// Share of the width that the lanes may take: one in so many.
const LANES_SHARE: usize = 2;

const INDENT: &str = "  ";

/// Draws nodes; where there are too many lanes for that, lists them with what each waits for.
pub(super) fn drawn(nodes: &[NodeView], look: &Look) -> String {
    let folded = folded(nodes);
    let room = usize::from(look.width).saturating_sub(INDENT.len());
    let lanes_max = (1..=LANES_MAX)
        .rev()
        .find(|&lanes| graph::width(lanes) * LANES_SHARE <= room);
    let told: Vec<Told> = folded
        .items
        .iter()
        .map(|item| Told::of(item, nodes, look))
        .collect();
    match graph::drawn(&folded.before, lanes_max.unwrap_or(1)) {
        Some(rows) => lines(&rows, &told, room, look),
        None => listed(&folded, &told, look),
    }
}

/// What is told of an item.
#[derive(Debug, Default)]
struct Told {
    name: String,
    kind: String,
    /// Its job; none of several.
    job: String,
    /// The state that its mark shows.
    state: String,
    /// What stands in the place of the state: of several, how many are in which.
    states: String,
    took: String,
}

impl Told {
    fn of(item: &[usize], nodes: &[NodeView], look: &Look) -> Self {
        let mut members = item.iter().filter_map(|&node| nodes.get(node));
        match (members.next(), item.len()) {
            (Some(node), 1) => Self::of_one(node, look),
            (Some(first), _) => Self::of_many(first, members, item.len()),
            (None, _) => Self::default(),
        }
    }

    fn of_one(node: &NodeView, look: &Look) -> Self {
        let ended = node.finished_at;
        let until = ended.or_else(|| (node.state == "running").then_some(look.now));
        let took = node.started_at.zip(until);
        Self {
            name: one_line(&node.name),
            kind: one_line(&node.kind),
            job: node.job_id.to_string(),
            state: node.state.clone(),
            states: node.state.clone(),
            took: took.map_or_else(String::new, |(from, to)| span(between(from, to))),
        }
    }

    fn of_many<'n>(
        first: &NodeView,
        others: impl Iterator<Item = &'n NodeView>,
        count: usize,
    ) -> Self {
        let mut states: BTreeMap<&str, usize> = BTreeMap::from([(&*first.state, 1)]);
        let mut name: &str = &first.name;
        for other in others {
            *states.entry(&other.state).or_default() += 1;
            name = common(name, &other.name);
        }
        let name = one_line(name.trim_end_matches(|c: char| !c.is_alphabetic()));
        let name = if name.is_empty() {
            one_line(&first.kind)
        } else {
            name
        };
        let mut each: Vec<(&str, usize)> = states.into_iter().collect();
        each.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let told = each
            .iter()
            .map(|(state, n)| format!("{} {state}", grouped(n)));
        Self {
            name: format!("{name} × {}", grouped(count)),
            kind: one_line(&first.kind),
            job: String::new(),
            states: told.collect::<Vec<_>>().join(", "),
            state: overall(&each).to_owned(),
            took: String::new(),
        }
    }

    const fn is_one(&self) -> bool {
        !self.job.is_empty()
    }

    /// How it stands in the drawing.
    fn mark(&self) -> char {
        match &*self.state {
            "completed" => '●',
            "running" | "retryable" => '◐',
            "discarded" => '✗',
            "cancelled" => '⊘',
            _ => '○',
        }
    }
}

/// What two names begin with.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let pairs = one.char_indices().zip(other.chars());
    let differs = pairs.clone().find(|((_, a), b)| a != b);
    let same = one.len().min(other.len());
    let end = differs.map_or(same, |((at, _), _)| at);
    one.get(..end).unwrap_or_default()
}

/// The state that several are in, as one: what went wrong before what is under way.
fn overall<'s>(states: &[(&'s str, usize)]) -> &'s str {
    let has = |wanted: &[&str]| states.iter().any(|(state, _)| wanted.contains(state));
    match states {
        [(state, _)] => state,
        _ if has(&["discarded"]) => "discarded",
        _ if has(&["running", "retryable", "completed"])
            && has(&["waiting", "available", "scheduled"]) =>
        {
            "running"
        }
        _ if has(&["running", "retryable"]) => "running",
        _ if has(&["cancelled"]) => "cancelled",
        _ => "waiting",
    }
}

/// Widths of the columns beside the lanes, in characters; of those that are left out, 0.
#[derive(Debug, Default, PartialEq, Eq)]
struct Widths {
    name: usize,
    kind: usize,
    job: usize,
    state: usize,
    took: usize,
}

/// Spaces between columns.
const GAP: usize = 2;

/// Narrower than this, a name or a kind says too little.
const LEAST: usize = 10;

impl Widths {
    /// What fits: the kind gives way first, then how long it took, then the job.
    fn fit(room: usize, told: &[Told]) -> Self {
        let most = |of: fn(&Told) -> &str, title: &str| {
            let widths = told.iter().filter(|one| one.is_one());
            let widths = widths.map(|one| of(one).chars().count());
            widths.max().unwrap_or(0).max(title.len())
        };
        let names = told.iter().map(|one| one.name.chars().count());
        let mut wanted = Self {
            name: names.max().unwrap_or(0).max("NAME".len()),
            kind: most(|one| &one.kind, "KIND"),
            job: most(|one| &one.job, "JOB"),
            state: most(|one| &one.states, "STATE"),
            took: most(|one| &one.took, "TOOK"),
        };
        loop {
            let over = wanted.together().saturating_sub(room);
            let at_the_end = wanted.kind + wanted.took + wanted.job == 0;
            let least = if at_the_end { 1 } else { LEAST };
            let cut_kind = over.min(wanted.kind.saturating_sub(LEAST));
            let cut_name = (over - cut_kind).min(wanted.name.saturating_sub(least));
            if over == cut_kind + cut_name || at_the_end {
                wanted.kind -= cut_kind;
                wanted.name -= cut_name;
                return wanted;
            }
            if wanted.kind > 0 {
                wanted.kind = 0;
            } else if wanted.took > 0 {
                wanted.took = 0;
            } else {
                wanted.job = 0;
            }
        }
    }

    fn together(&self) -> usize {
        let all = [self.name, self.kind, self.job, self.state, self.took];
        let shown = all.iter().filter(|width| **width > 0).count();
        all.iter().sum::<usize>() + GAP * shown.saturating_sub(1)
    }
}

fn lines(rows: &[Row], told: &[Told], room: usize, look: &Look) -> String {
    let length = |row: &Row| row.before.chars().count() + row.behind.chars().count() + 1;
    let lanes = rows.iter().map(length).max().unwrap_or(1);
    let beside = room.saturating_sub(lanes + GAP);
    let widths = Widths::fit(beside, told);
    let title = [
        ("NAME", widths.name),
        ("KIND", widths.kind),
        ("JOB", widths.job),
        ("STATE", widths.state),
        ("TOOK", widths.took),
    ];
    let title = title.iter().filter(|(_, width)| *width > 0);
    let title = title.map(|&(title, width)| match title {
        "JOB" => format!("{title:>width$}"),
        _ => format!("{title:width$}"),
    });
    let title = title.collect::<Vec<_>>().join("  ");
    let gap = " ".repeat(lanes + GAP);
    let title = look.paint(Style::Bold, &format!("{gap}{}", title.trim_end()));
    let mut text = format!("{INDENT}{title}\n");
    for row in rows {
        text.push_str(INDENT);
        text.push_str(&row.before);
        if let Some(told) = row.node.and_then(|item| told.get(item)) {
            let style = Style::of_state(&told.state);
            text.push_str(&look.paint(style, &told.mark().to_string()));
            text.push_str(&row.behind);
            text.push_str(&" ".repeat(lanes + GAP - length(row)));
            text.push_str(&beside_of(told, &widths, beside, look));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// What stands beside a node.
fn beside_of(told: &Told, widths: &Widths, room: usize, look: &Look) -> String {
    let column = |text: &str, width: usize| match width {
        0 => String::new(),
        width => format!("{:width$}  ", cut(text, width)),
    };
    let mut text = column(&told.name, widths.name);
    text.push_str(&column(&told.kind, widths.kind));
    let style = Style::of_state(&told.state);
    if !told.is_one() {
        let left = room.saturating_sub(text.chars().count());
        text.push_str(&look.paint(style, &cut(&told.states, left)));
        return text;
    }
    if widths.job > 0 {
        text.push_str(&format!("{:>width$}  ", told.job, width = widths.job));
    }
    text.push_str(&look.paint(style, &told.states));
    if widths.took > 0 && !told.took.is_empty() {
        let pad = widths.state.saturating_sub(told.states.chars().count()) + GAP;
        text.push_str(&" ".repeat(pad));
        text.push_str(&told.took);
    }
    text
}

/// At most so many characters; what is cut says so.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// A row an item, with the names of those before it.
fn listed(folded: &Folded, told: &[Told], look: &Look) -> String {
    let mut table = Table::new([
        Column::cut("NAME"),
        Column::cut("STATE"),
        Column::number("JOB"),
        Column::cut("WAITS FOR"),
    ]);
    for (one, before) in told.iter().zip(&folded.before) {
        let names = before.iter().filter_map(|&item| told.get(item));
        let names: Vec<&str> = names.map(|one| &*one.name).collect();
        table.styled(
            1,
            Style::of_state(&one.state),
            [
                one.name.clone(),
                one.states.clone(),
                one.job.clone(),
                names.join(", "),
            ],
        );
    }
    table.indented(look, INDENT)
}

#[cfg(test)]
mod tests;

//! A graph as lanes of text, like `git log --graph`. Pure.
//!
//! A row a node, each below those before it. A lane leads to a node and is shared by all that lead there, so
//! a fan-in of thousands is one lane. What leaves a node leaves it sideways, in its own row, or straight
//! down. A lane that is only crossed goes on over the line (`─│─`); one that is joined says so (`─┼─`).

use std::collections::BinaryHeap;

/// A row of the drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// What stands before the node's mark.
    pub(super) before: String,
    /// The node; `None`: the lanes only go on.
    pub(super) node: Option<usize>,
    /// What stands behind its mark.
    pub(super) behind: String,
}

/// Columns of characters that so many lanes take.
pub(super) const fn width(lanes: usize) -> usize {
    (lanes * 2).saturating_sub(1)
}

/// Draws the graph in which node `n` waits for `before[n]`; `None` where it would take more than `lanes_max`
/// lanes, or has a circle.
pub(super) fn drawn(before: &[Vec<usize>], lanes_max: usize) -> Option<Vec<Row>> {
    let next = turned(before)?;
    let order = order(before, &next)?;
    let mut turn = vec![0; order.len()];
    for (at, &node) in order.iter().enumerate() {
        *turn.get_mut(node)? = at;
    }
    let mut lanes = Lanes::default();
    let mut rows = Vec::with_capacity(order.len());
    for (at, &node) in order.iter().enumerate() {
        let column = lanes.enter(node);
        let mut targets = next.get(node)?.clone();
        // Each is to have a lane of its own.
        if targets.len() > lanes_max {
            return None;
        }
        targets.sort_unstable_by_key(|&target| turn.get(target).copied());
        let strokes = lanes.leave(column, &targets);
        if lanes.0.len() > lanes_max {
            return None;
        }
        rows.push(lanes.row(node, column, &strokes));
        // Marks below one another are connected by a stroke between them, or not at all.
        let straight = order.get(at + 1).copied();
        if straight.is_some() && lanes.0.get(column).copied().flatten() == straight {
            rows.push(lanes.between());
        }
    }
    Some(rows)
}

/// Those behind each node; `None` where one is named that is not there.
fn turned(before: &[Vec<usize>]) -> Option<Vec<Vec<usize>>> {
    let mut next = vec![Vec::new(); before.len()];
    for (node, earlier) in before.iter().enumerate() {
        for &earlier in earlier {
            next.get_mut(earlier)?.push(node);
        }
    }
    Some(next)
}

/// Nodes, each after those before it. What a node has just let go comes next, so that branches are drawn to
/// their end, and lanes stay few.
fn order(before: &[Vec<usize>], next: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order = Vec::with_capacity(before.len());
    // The latest first, and of those the one that was first in the workflow.
    let mut free: BinaryHeap<(usize, std::cmp::Reverse<usize>)> = BinaryHeap::new();
    for (node, waits) in waits.iter().enumerate() {
        if *waits == 0 {
            free.push((0, std::cmp::Reverse(node)));
        }
    }
    while let Some((_, std::cmp::Reverse(node))) = free.pop() {
        order.push(node);
        for &later in next.get(node)? {
            let waits = waits.get_mut(later)?;
            *waits -= 1;
            if *waits == 0 {
                free.push((order.len(), std::cmp::Reverse(later)));
            }
        }
    }
    (order.len() == before.len()).then_some(order)
}

/// Which node each column's lane leads to.
#[derive(Debug, Default)]
struct Lanes(Vec<Option<usize>>);

/// What a node's row draws beside its mark: columns of lanes that begin in it, and of those that it joins.
#[derive(Debug, Default)]
struct Strokes {
    begun: Vec<usize>,
    joined: Vec<usize>,
}

impl Strokes {
    /// The columns from the leftmost to the rightmost that are reached from the node's.
    fn reach(&self, column: usize) -> (usize, usize) {
        let all = self.begun.iter().chain(&self.joined).copied();
        all.fold((column, column), |(least, most), at| {
            (least.min(at), most.max(at))
        })
    }
}

impl Lanes {
    /// The column in which a node stands: where its lane ends, or a free one.
    fn enter(&mut self, node: usize) -> usize {
        let ends = self.0.iter().position(|&lane| lane == Some(node));
        let column = ends.unwrap_or_else(|| self.free(0));
        if let Some(lane) = self.0.get_mut(column) {
            *lane = None;
        }
        column
    }

    /// The first free column from this one on, or else the first of all.
    fn free(&mut self, from: usize) -> usize {
        let is_free = |at: &usize| matches!(self.0.get(*at), Some(None));
        let right = (from..self.0.len()).find(is_free);
        match right.or_else(|| (0..from).find(is_free)) {
            Some(column) => column,
            None => {
                self.0.push(None);
                self.0.len() - 1
            }
        }
    }

    /// Lanes from a node to those behind it, the next one of which goes straight down.
    fn leave(&mut self, column: usize, targets: &[usize]) -> Strokes {
        let mut strokes = Strokes::default();
        let mut straight = true;
        for &target in targets {
            if let Some(there) = self.0.iter().position(|&lane| lane == Some(target)) {
                strokes.joined.push(there);
                continue;
            }
            let at = if std::mem::take(&mut straight) {
                column
            } else {
                self.free(column)
            };
            if let Some(lane) = self.0.get_mut(at) {
                *lane = Some(target);
            }
            if at != column {
                strokes.begun.push(at);
            }
        }
        strokes
    }

    fn row(&mut self, node: usize, column: usize, strokes: &Strokes) -> Row {
        let reach = strokes.reach(column);
        let mut row = Row {
            node: Some(node),
            ..Row::default()
        };
        for at in 0..self.0.len() {
            let side = if at < column || (at == column && column > 0) {
                &mut row.before
            } else {
                &mut row.behind
            };
            // What stands between this column and the one before.
            if at > 0 {
                side.push(if reach.0 < at && at <= reach.1 {
                    '─'
                } else {
                    ' '
                });
            }
            if at != column {
                side.push(self.glyph(at, reach, strokes));
            }
        }
        row.behind.truncate(row.behind.trim_end().len());
        while self.0.last() == Some(&None) {
            self.0.pop();
        }
        row
    }

    /// What stands in a column beside the node's.
    fn glyph(&self, at: usize, (least, most): (usize, usize), strokes: &Strokes) -> char {
        let ends = (at == least, at == most);
        if strokes.joined.contains(&at) {
            return match ends {
                (true, _) => '├',
                (_, true) => '┤',
                _ => '┼',
            };
        }
        if strokes.begun.contains(&at) {
            return match ends {
                (true, _) => '╭',
                (_, true) => '╮',
                _ => '┬',
            };
        }
        let crossed = least < at && at < most;
        match self.0.get(at).copied().flatten() {
            Some(_) => '│',
            None if crossed => '─',
            None => ' ',
        }
    }

    /// A row in which the lanes only go on.
    fn between(&self) -> Row {
        let lanes = self
            .0
            .iter()
            .map(|lane| if lane.is_some() { "│" } else { " " });
        let text = lanes.collect::<Vec<_>>().join(" ");
        Row {
            before: text.trim_end().to_owned(),
            ..Row::default()
        }
    }
}

#[cfg(test)]
mod tests;

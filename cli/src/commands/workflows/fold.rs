//! Nodes that are alike, told as one. Pure.

use std::collections::HashMap;

use nexus_schema::workflows::NodeView;

/// Nodes that are alike, of which each has a row still.
const ALIKE_MAX: usize = 5;

/// Of more than that, so many have a row, and the others one together.
const SHOWN: usize = 3;

/// A graph of which nodes that are alike are one item.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// The nodes of each item, by their index.
    pub(super) items: Vec<Vec<usize>>,
    /// The items before each.
    pub(super) before: Vec<Vec<usize>>,
}

/// What nodes must have in common to be alike: those before them, those behind them, kind and needs.
type Likeness<'n> = (&'n [i32], Vec<usize>, &'n str, &'n str);

/// Folds nodes that are alike. Those that went wrong are among those that keep a row of their own.
pub(super) fn folded(nodes: &[NodeView]) -> Folded {
    let mut next = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for earlier in earlier(node) {
            if let Some(next) = next.get_mut(earlier) {
                next.push(index);
            }
        }
    }
    let mut alike: HashMap<Likeness<'_>, Vec<usize>> = HashMap::new();
    for (index, (node, next)) in nodes.iter().zip(next).enumerate() {
        let likeness = (&*node.before, next, &*node.kind, &*node.needs);
        alike.entry(likeness).or_default().push(index);
    }
    let mut items: Vec<Vec<usize>> = alike
        .into_values()
        .flat_map(|group| parted(group, nodes))
        .collect();
    // What is folded stands behind those of its like that are shown.
    items.sort_unstable_by_key(|item| item.last().copied());
    let mut item_of = vec![0; nodes.len()];
    for (item, members) in items.iter().enumerate() {
        for &member in members {
            if let Some(of) = item_of.get_mut(member) {
                *of = item;
            }
        }
    }
    let before = items.iter().map(|members| {
        let first = members.first().and_then(|&first| nodes.get(first));
        let earlier = first.into_iter().flat_map(earlier);
        let mut before: Vec<usize> = earlier
            .filter_map(|node| item_of.get(node).copied())
            .collect();
        before.sort_unstable();
        before.dedup();
        before
    });
    Folded {
        before: before.collect(),
        items,
    }
}

fn earlier(node: &NodeView) -> impl Iterator<Item = usize> {
    let before = node.before.iter();
    before.filter_map(|&place| usize::try_from(place).ok())
}

/// Nodes that are alike: each by itself, or a few and the others together.
fn parted(mut group: Vec<usize>, nodes: &[NodeView]) -> Vec<Vec<usize>> {
    if group.len() <= ALIKE_MAX {
        return group.into_iter().map(|node| vec![node]).collect();
    }
    // Stable: of those that interest alike, the first ones.
    group.sort_by_key(|&node| nodes.get(node).map(|node| interest(&node.state)));
    let mut rest = group.split_off(SHOWN);
    rest.sort_unstable();
    let mut items: Vec<Vec<usize>> = group.into_iter().map(|node| vec![node]).collect();
    items.push(rest);
    items
}

/// What asks for a look comes first.
fn interest(state: &str) -> u8 {
    match state {
        "discarded" => 0,
        "retryable" => 1,
        "running" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{graph, node};
    use super::*;

    #[test]
    fn few_of_a_kind_are_left_as_they_are() {
        let graph = graph(&[("a", &[]), ("b", &[0]), ("c", &[0]), ("d", &[1, 2])]);
        let folded = folded(&graph);
        assert_eq!(folded.items, [[0], [1], [2], [3]]);
        assert_eq!(folded.before, [vec![], vec![0], vec![0], vec![1, 2]]);
    }

    #[test]
    fn many_are_three_and_the_others_with_those_that_went_wrong_ahead() {
        let mut nodes = vec![node(0, "start", &[])];
        nodes.extend((1..=10).map(|n| node(n, &format!("load {n}"), &[0])));
        let all: Vec<i32> = (1..=10).collect();
        nodes.push(node(11, "end", &all));
        nodes[7].state = "discarded".to_owned();
        let folded = folded(&nodes);
        assert_eq!(
            folded.items,
            [
                vec![0],
                vec![1],
                vec![2],
                vec![7],
                vec![3, 4, 5, 6, 8, 9, 10],
                vec![11]
            ]
        );
        assert_eq!(folded.before[4], [0]);
        assert_eq!(folded.before[5], [1, 2, 3, 4]);
    }

    #[test]
    fn another_kind_or_other_neighbours_are_not_alike() {
        let mut nodes: Vec<NodeView> = (0..12).map(|n| node(n, "n", &[])).collect();
        for node in &mut nodes[..6] {
            node.kind = "other".to_owned();
        }
        assert_eq!(folded(&nodes).items.len(), 8);
        nodes.push(node(12, "behind one", &[11]));
        // 6 of one kind, 5 of the other, one that has another behind it, and that one.
        assert_eq!(folded(&nodes).items.len(), 4 + 5 + 2);
    }
}

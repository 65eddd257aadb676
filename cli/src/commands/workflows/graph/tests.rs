use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The drawing, a letter for each node's mark.
fn letters(before: &[&[usize]]) -> String {
    let before: Vec<Vec<usize>> = before.iter().map(|b| b.to_vec()).collect();
    let rows = drawn(&before, 100).unwrap();
    let lines = rows.iter().map(|row| {
        let mark = row
            .node
            .map_or(' ', |node| char::from(b'a' + u8::try_from(node).unwrap()));
        format!("{}{mark}{}", row.before, row.behind)
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_chain_goes_straight_down() {
    insta::assert_snapshot!(letters(&[&[], &[0], &[1]]), @r"
    a
    │
    b
    │
    c
    ");
}

#[test]
fn jobs_side_by_side_are_not_connected() {
    insta::assert_snapshot!(letters(&[&[], &[], &[]]), @r"
    a
    b
    c
    ");
}

#[test]
fn a_fan_out_is_a_lane_each() {
    insta::assert_snapshot!(letters(&[&[], &[0], &[0], &[0]]), @r"
    a─┬─╮
    │ │ │
    b │ │
      c │
        d
    ");
}

#[test]
fn a_fan_in_is_one_lane() {
    insta::assert_snapshot!(letters(&[&[], &[], &[], &[0, 1, 2]]), @r"
    a
    ├─b
    ├─c
    d
    ");
}

#[test]
fn a_diamond() {
    insta::assert_snapshot!(letters(&[&[], &[0], &[0], &[1, 2]]), @r"
    a─╮
    │ │
    b │
    ├─c
    d
    ");
}

#[test]
fn edges_that_cross_are_told_from_edges_that_meet() {
    // c and d both wait for a and b; e for a alone, f for b and e.
    let before: &[&[usize]] = &[&[], &[], &[0, 1], &[0, 1], &[0], &[1, 4]];
    insta::assert_snapshot!(letters(before), @r"
    a─┬─╮
    │ │ │
    e │ │
    ├─┼─┼─b
    │ c │
    │   d
    f
    ");
}

#[test]
fn a_lane_that_is_only_crossed_goes_on_over_the_line() {
    // c waits for a and e, d for b and f: e's line passes the lane to d.
    let before: &[&[usize]] = &[&[], &[], &[0, 4], &[1, 5], &[], &[]];
    insta::assert_snapshot!(letters(before), @r"
    a
    │ b
    ├─│─e
    c │
    f─┤
      d
    ");
}

#[test]
fn two_pipelines_that_meet_are_drawn_one_after_the_other() {
    let before: &[&[usize]] = &[&[], &[], &[0], &[1], &[2, 3]];
    insta::assert_snapshot!(letters(before), @r"
    a
    │
    c
    │ b
    │ │
    ├─d
    e
    ");
}

#[test]
fn what_is_too_wide_or_has_a_circle_is_not_drawn() {
    let wide: Vec<Vec<usize>> = std::iter::once(vec![]).chain(vec![vec![0]; 10]).collect();
    assert!(drawn(&wide, 10).is_some());
    assert_eq!(drawn(&wide, 9), None);
    assert_eq!(drawn(&[vec![1], vec![0]], 10), None);
    assert_eq!(drawn(&[vec![7]], 10), None);
}

/// A drawing as its reader sees it.
struct Picture {
    cells: Vec<Vec<char>>,
    /// Where each node's mark is.
    marks: Vec<(usize, usize)>,
}

/// Stands for every mark.
const MARK: char = 'O';

impl Picture {
    fn of(rows: &[Row], nodes: usize) -> Self {
        let mut marks = vec![(0, 0); nodes];
        let mut cells = Vec::new();
        for (y, row) in rows.iter().enumerate() {
            let mut line: Vec<char> = row.before.chars().collect();
            if let Some(node) = row.node {
                marks[node] = (y, line.len());
                line.push(MARK);
                line.extend(row.behind.chars());
            }
            cells.push(line);
        }
        Self { cells, marks }
    }

    fn at(&self, (y, x): (usize, usize)) -> char {
        self.cells
            .get(y)
            .and_then(|line| line.get(x))
            .copied()
            .unwrap_or(' ')
    }

    /// The marks that lines lead to from one, sideways and down, never up.
    fn reached(&self, node: usize) -> BTreeSet<usize> {
        let (y, x) = self.marks[node];
        let mut found = BTreeSet::new();
        // Straight down, by a stroke that begins beneath.
        found.extend(self.down((y, x)));
        for step in [-1_isize, 1] {
            let mut at = x;
            while let Some(next) = at.checked_add_signed(step) {
                match (next % 2, self.at((y, next))) {
                    // A lane that is only crossed: had the line ended there, it would have joined it.
                    (1, '─') | (0, '─' | '│') => {}
                    (0, '├' | '┤' | '┼' | '╭' | '╮' | '┬') => {
                        found.extend(self.down((y, next)));
                    }
                    _ => break,
                }
                at = next;
            }
        }
        found
    }

    /// The mark at the lower end of a lane; `None`: there is no lane, or it ends nowhere.
    fn down(&self, (mut y, x): (usize, usize)) -> Option<usize> {
        let mut lane = self.at((y, x)) != MARK;
        loop {
            y += 1;
            match self.at((y, x)) {
                '│' | '├' | '┤' | '┼' => lane = true,
                MARK if lane => return self.marks.iter().position(|&mark| mark == (y, x)),
                _ => return None,
            }
        }
    }
}

proptest! {
    /// Whoever follows the lines finds exactly those that wait, and each stands below.
    #[test]
    fn lines_lead_to_those_that_wait_and_to_no_others(
        size in 1_usize..24, edges in prop::collection::vec((0_usize..24, 0_usize..24), 0..60),
    ) {
        let mut before = vec![BTreeSet::new(); size];
        for (a, b) in edges.into_iter().map(|(a, b)| (a % size, b % size)).filter(|(a, b)| a != b) {
            before[a.max(b)].insert(a.min(b));
        }
        let before: Vec<Vec<usize>> = before.into_iter().map(|b| b.into_iter().collect()).collect();
        let rows = drawn(&before, 100).unwrap();
        let nodes = rows.iter().filter(|row| row.node.is_some()).count();
        prop_assert_eq!(nodes, size);
        let picture = Picture::of(&rows, size);
        for node in 0..size {
            let wait: BTreeSet<usize> = (0..size).filter(|&n| before[n].contains(&node)).collect();
            prop_assert_eq!(picture.reached(node), wait, "{:?}", picture.cells);
        }
    }
}

use super::super::sample::{graph, month_end, node};
use super::*;

fn fits(text: &str, width: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{line}");
    }
}

/// A start, so many that wait for it, and an end that waits for all of these.
fn wide(children: i32) -> Vec<NodeView> {
    let mut nodes = vec![node(0, "start", &[])];
    nodes.extend((1..=children).map(|n| node(n, &format!("load {n:05}"), &[0])));
    let all: Vec<i32> = (1..=children).collect();
    nodes.push(node(children + 1, "compare", &all));
    nodes
}

#[test]
fn three_files_and_what_compares_them() {
    insta::assert_snapshot!(drawn(&month_end().nodes, &Look::fixed()), @r"
         NAME           KIND             JOB  STATE      TOOK
    ●    load january   process_dataset  100  completed  2.0 s
    ├─●  load february  process_dataset  101  completed  2.0 s
    ├─◐  load march     process_dataset  102  running    1 min 40 s
    ○    compare        noop             103  waiting
    ");
}

#[test]
fn a_diamond_of_every_state() {
    let mut nodes = graph(&[
        ("a", &[]),
        ("b", &[0]),
        ("c", &[0]),
        ("d", &[0]),
        ("e", &[1, 2, 3]),
    ]);
    for (node, state) in
        nodes[1..]
            .iter_mut()
            .zip(["discarded", "retryable", "cancelled", "waiting"])
    {
        node.state = state.to_owned();
    }
    (nodes[4].started_at, nodes[4].finished_at) = (None, None);
    insta::assert_snapshot!(drawn(&nodes, &Look::fixed()), @r"
            NAME  KIND  JOB  STATE      TOOK
    ●─┬─╮   a     noop  100  completed  2.0 s
    │ │ │
    ✗ │ │   b     noop  101  discarded  2.0 s
    ├─◐ │   c     noop  102  retryable  2.0 s
    ├───⊘   d     noop  103  cancelled  2.0 s
    ○       e     noop  104  waiting
    ");
}

#[test]
fn ten_thousand_children_fit_a_screen() {
    let mut nodes = wide(10_000);
    for node in &mut nodes[9_000..10_001] {
        node.state = "available".to_owned();
        (node.started_at, node.finished_at) = (None, None);
    }
    for node in &mut nodes[8_995..9_000] {
        node.state = "running".to_owned();
        node.finished_at = None;
    }
    nodes[10_001].state = "waiting".to_owned();
    (nodes[10_001].started_at, nodes[10_001].finished_at) = (None, None);
    let text = drawn(&nodes, &Look::fixed());
    fits(&text, 80);
    insta::assert_snapshot!(text, @r"
              NAME          KIND    JOB  STATE      TOOK
    ●─┬─┬─╮   start         noop    100  completed  2.0 s
    │ │ │ │
    ◐ │ │ │   load 08995    noop   9095  running    1 min 40 s
    ├─◐ │ │   load 08996    noop   9096  running    1 min 40 s
    ├───◐ │   load 08997    noop   9097  running    1 min 40 s
    ├─────◐   load × 9,997  noop  8,994 completed, 1,001 available, 2 running
    ○         compare       noop  10101  waiting
    ");
}

#[test]
fn what_went_wrong_among_many_keeps_its_row() {
    let mut nodes = wide(100);
    nodes[77].state = "discarded".to_owned();
    let text = drawn(&nodes, &Look::fixed());
    assert!(
        text.lines()
            .any(|line| line.contains("load 00077") && line.contains('✗')),
        "{text}"
    );
    assert!(text.contains("load × 97"), "{text}");
}

#[test]
fn forty_columns_leave_out_the_kind_first() {
    let look = Look {
        width: 40,
        ..Look::fixed()
    };
    let text = drawn(&month_end().nodes, &look);
    fits(&text, 40);
    insta::assert_snapshot!(text, @r"
         NAME           JOB  STATE
    ●    load january   100  completed
    ├─●  load february  101  completed
    ├─◐  load march     102  running
    ○    compare        103  waiting
    ");
    fits(&drawn(&wide(10_000), &look), 40);
}

#[test]
fn long_names_are_cut() {
    let name = "a name that goes on and ".repeat(6);
    let mut nodes = graph(&[(&name, &[]), ("b", &[0])]);
    nodes[1].kind = "a_kind_with_quite_a_long_name_of_its_own".to_owned();
    let text = drawn(&nodes, &Look::fixed());
    fits(&text, 80);
    insta::assert_snapshot!(text, @r"
        NAME                                     KIND        JOB  STATE      TOOK
    ●   a name that goes on and a name that go…  noop        100  completed  2.0 s
    │
    ●   b                                        a_kind_wi…  101  completed  2.0 s
    ");
}

#[test]
fn what_has_too_many_lanes_is_listed() {
    // Each of 20 waits for the start, and has one behind it that is of its own.
    let mut nodes = vec![node(0, "start", &[])];
    nodes.extend((1..=20).map(|n| node(n, &format!("read {n}"), &[0])));
    nodes.extend((21..=40).map(|n| node(n, &format!("write {n}"), &[n - 20])));
    let text = drawn(&nodes, &Look::fixed());
    fits(&text, 80);
    assert_eq!(text.lines().count(), 42);
    let head: Vec<&str> = text.lines().take(4).chain(text.lines().skip(40)).collect();
    insta::assert_snapshot!(head.join("\n"), @r"
    NAME      STATE      JOB  WAITS FOR
    start     completed  100
    read 1    completed  101  start
    read 2    completed  102  start
    write 39  completed  139  read 19
    write 40  completed  140  read 20
    ");
}

#[test]
fn colour_does_not_move_anything() {
    let look = Look {
        colour: true,
        ..Look::fixed()
    };
    for nodes in [month_end().nodes, wide(50)] {
        let coloured = drawn(&nodes, &look);
        assert!(coloured.contains("\x1b[32m●\x1b[0m"));
        let codes = ["0", "1", "2", "31", "32", "33", "36"];
        let plain = codes.iter().fold(coloured, |text, code| {
            text.replace(&format!("\x1b[{code}m"), "")
        });
        assert_eq!(plain, drawn(&nodes, &Look::fixed()));
    }
}

#[test]
fn names_have_a_beginning_in_common() {
    assert_eq!(common("load 1", "load 22"), "load ");
    assert_eq!(common("a", "ab"), "a");
    assert_eq!(common("é", "è"), "");
    assert_eq!(common("", "x"), "");
}

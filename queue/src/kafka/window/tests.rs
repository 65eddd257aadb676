use super::*;

const A: Key = (0, 0);
const B: Key = (1, 3);

fn window(records_max: usize) -> Window<&'static str> {
    let mut window = Window::new(2, records_max);
    window.assign([(A, 0, 2), (B, 5, 5)]);
    window
}

fn items<T: Copy>(taken: &[(Place, T)]) -> Vec<T> {
    taken.iter().map(|(_, item)| *item).collect()
}

fn places<T>(taken: &[(Place, T)]) -> Vec<Place> {
    taken.iter().map(|(place, _)| *place).collect()
}

#[test]
fn topics_are_taken_in_the_order_that_is_named() {
    let now = Instant::now();
    let mut window = window(10);
    assert!(!window.caught_up(&[0, 1]) && window.caught_up(&[1]));
    for (key, offset, item) in [(A, 0, "a0"), (B, 5, "b5"), (A, 1, "a1")] {
        assert!(window.arrived(key, offset, Some(item), now));
    }
    assert!(window.caught_up(&[0, 1]));
    assert_eq!(items(&window.take(&[1, 0], 2, 1, now)), ["b5", "a0"]);
    assert_eq!(items(&window.take(&[1, 0], 2, 1, now)), ["a1"]);
    assert_eq!(window.len(), 3);
}

#[test]
fn what_is_done_is_committed_contiguously() {
    let now = Instant::now();
    let mut window = window(10);
    for offset in 0..4 {
        window.arrived(A, offset, Some("a"), now);
    }
    let taken = places(&window.take(&[0], 4, 1, now));
    assert_eq!(window.done(&taken[1..3]), [(A, 0)]);
    assert_eq!(window.done(&taken[..1]), [(A, 3)]);
    assert_eq!(window.done(&taken[..1]), [], "again");
    assert_eq!(window.done(&taken[3..]), [(A, 4)]);
    assert_eq!(window.len(), 0);
}

#[test]
fn what_is_not_of_our_form_is_done_at_once() {
    let mut window = window(10);
    window.arrived(A, 0, None, Instant::now());
    assert_eq!(window.moved(A), Some((A, 1)));
    assert_eq!(window.moved(A), None);
}

#[test]
fn a_rebalance_ends_what_was_taken_before_it() {
    let now = Instant::now();
    let mut window = window(10);
    window.arrived(A, 0, Some("a0"), now);
    let before = places(&window.take(&[0], 1, 1, now));
    window.revoke([A]);
    assert!(!window.arrived(A, 1, Some("a1"), now), "not ours");
    window.assign([(A, 0, 1)]);
    window.arrived(A, 0, Some("a0"), now);
    assert_eq!(window.done(&before), [], "of another assignment");
    assert_eq!(window.len(), 1);
    let again = places(&window.take(&[0], 1, 1, now));
    assert_eq!(window.done(&again), [(A, 1)]);
}

#[test]
fn what_is_given_back_comes_first_and_in_order() {
    let now = Instant::now();
    let mut window = window(10);
    for (offset, item) in (0..).zip(["a0", "a1", "a2"]) {
        window.arrived(A, offset, Some(item), now);
    }
    window.take(&[0], 2, 1, now);
    window.give_back(2);
    assert_eq!(items(&window.take(&[0], 1, 3, now)), ["a2"]);
    window.give_back(1);
    assert_eq!(items(&window.take(&[0], 5, 3, now)), ["a0", "a1"]);
}

#[test]
fn what_lies_idle_is_taken_over() {
    let now = Instant::now();
    let idle = Duration::from_secs(5);
    let mut window = window(10);
    window.arrived(A, 0, Some("a0"), now);
    window.take(&[0], 1, 1, now);
    assert_eq!(window.take_over(5, idle, 2, now), []);
    let later = now + idle;
    assert_eq!(items(&window.take_over(5, idle, 2, later)), ["a0"]);
    assert_eq!(window.take_over(5, idle, 1, later), [], "just taken");
}

#[test]
fn a_full_window_is_paused_until_half_of_it_is_done() {
    let now = Instant::now();
    let mut window = window(4);
    for offset in 0..4 {
        assert!(window.paused_wanted().is_empty());
        window.arrived(A, offset, Some("a"), now);
    }
    assert_eq!(window.paused_wanted(), BTreeSet::from([A, B]));
    let taken = places(&window.take(&[0], 4, 1, now));
    window.done(&taken[..1]);
    assert_eq!(window.paused_wanted().len(), 2);
    window.done(&taken[1..2]);
    assert!(window.paused_wanted().is_empty());
}

#[test]
fn a_partition_that_one_record_holds_back_is_paused_alone() {
    let now = Instant::now();
    let mut window = window(4);
    for offset in 0..16 {
        assert!(window.paused_wanted().is_empty());
        window.arrived(A, offset, Some("a"), now);
        let taken = places(&window.take(&[0], 1, 1, now));
        if offset > 0 {
            window.done(&taken);
        }
    }
    assert_eq!(window.paused_wanted(), BTreeSet::from([A]));
}

//! Schedules that are lived through with every test run, and what must hold in every order.

mod every_write;
mod kill;

use trygkort_sim::{Tried, all_orders_agree, run_twice};

#[track_caller]
fn holds(seed: u64) {
    let outcome = run_twice(seed);
    assert!(outcome.wrong.is_empty(), "cargo xtask sim --seed {seed} --trace\n{:#?}", outcome.wrong);
}

#[test]
fn schedules_hold() {
    (1..=30).for_each(holds);
}

#[test]
fn what_loses_in_an_action_that_moves_its_row_is_in_the_log() {
    holds(1);
    holds(17);
}

#[test]
fn what_lost_in_a_moving_action_comes_back_after_a_restore() {
    holds(585);
}

#[test]
fn a_row_hidden_after_a_restore_does_not_keep_what_it_said_from_coming_back() {
    holds(30_979);
}

#[test]
fn a_server_put_back_twice_does_not_leave_a_device_offering_for_ever() {
    holds(31_314);
}

#[test]
fn a_field_set_by_a_move_that_nobody_could_give_back_comes_from_its_author() {
    [755, 1_749, 9_263, 9_544].into_iter().for_each(holds);
}

#[test]
fn nothing_can_be_written_on_a_device_that_is_locked_out() {
    holds(30);
}

#[test]
fn a_device_that_is_locked_out_is_emptied_though_its_disk_fails_at_first() {
    holds(116);
}

#[test]
fn a_photo_that_was_erased_some_pages_ago_is_not_left_in_a_file() {
    holds(218);
}

#[test]
fn a_photo_that_a_restored_server_has_the_row_of_is_sent_again() {
    holds(448);
}

#[test]
fn a_photo_that_a_server_put_back_by_hand_has_lost_is_sent_again() {
    [7_782, 8_663].into_iter().for_each(holds);
}

#[test]
fn what_was_refused_since_may_be_given_back_after_a_restore() {
    holds(1_019);
}

#[test]
fn every_arrival_order_gives_one_state() {
    let tried: Vec<Tried> =
        (1..=50).map(|seed| all_orders_agree(seed).unwrap_or_else(|wrong| panic!("{wrong}"))).collect();
    for tried in &tried {
        assert_eq!(tried.orders, number_of_orders(&tried.actions), "{tried:?}");
    }
    assert!(tried.iter().any(|tried| tried.orders == 720 && tried.states == 1), "six devices, each with one action");
    assert!(tried.iter().any(|tried| tried.mixed && tried.states == 1), "other roles, and the order decides nothing");
    assert!(tried.iter().any(|tried| tried.states > 1), "no order that decides what is refused was tried");
}

/// In how many orders so many actions of each device can arrive, with each device's own order kept.
fn number_of_orders(actions: &[usize]) -> usize {
    let factorial = |of: usize| (1..=of).product::<usize>();
    factorial(actions.iter().sum()) / actions.iter().map(|count| factorial(*count)).product::<usize>()
}

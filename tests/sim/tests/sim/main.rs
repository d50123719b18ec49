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
fn every_arrival_order_gives_one_state() {
    let tried: Vec<Tried> =
        (1..=100).map(|seed| all_orders_agree(seed).unwrap_or_else(|wrong| panic!("{wrong}"))).collect();
    let agreeing: usize = tried.iter().map(|tried| tried.agreeing).sum();
    assert!(agreeing > 1_000, "only {agreeing} orders were tried");
    assert!(tried.iter().any(|tried| tried.of_groups > 0), "no order with a group was tried");
}

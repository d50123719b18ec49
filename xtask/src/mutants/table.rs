//! The planted bugs, what each does wrong, and a test that catches it. docs/testing.md shows the same table.

use super::suite::Binary::{Core, CoreUnits, Server, ServerUnits, Simulation};
use super::suite::Test;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::report::say;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mutant {
    /// As it stands in the code: `mutant!(Name)`.
    pub(super) name: &'static str,
    /// What goes wrong.
    pub(super) words: &'static str,
    /// A test that fails then, a quick one where there are several.
    pub(super) caught_by: Test,
}

const fn mutant(name: &'static str, words: &'static str, caught_by: Test) -> Mutant {
    Mutant { name, words, caught_by }
}

/// In the order of docs/sync.md: the log, judging, merging, the device, after a restore, erasing, who is let in.
#[rustfmt::skip]
pub(super) const MUTANTS: [Mutant; 69] = [
    mutant("SkipAnEntryAtAPageBoundary", "a page says that it ends one entry later than it does",
        (Core, "pages::logs_of_one_to_seven_actions_come_whole_whatever_the_limit")),
    mutant("SplitAnActionOverPages", "a page ends in the middle of an action",
        (Core, "pages::a_page_that_ends_at_any_byte_around_any_action_splits_and_loses_nothing")),
    mutant("ForgetTheScopeOnPages", "a page has the rows of every scope",
        (Core, "mirrors::colleagues_are_known_in_the_network_and_residents_to_coordinators_only")),
    mutant("ForgetTheScopeInHistory", "the history of a thing is told from every scope",
        (Core, "guards::history_tells_nobody_what_happened_where_they_may_not_read")),
    mutant("ForgetTheScopeOfWhatIsAside", "what is kept aside is told from every scope",
        (Core, "guards::of_what_is_kept_aside_a_reader_is_told_what_they_may_read_and_the_newest_hundred")),
    mutant("ForgetTheScopeOfASnapshot", "a snapshot is offered with the files of every scope",
        (Core, "snapshots::it_is_offered_to_those_who_understand_it_and_gain_by_it")),
    mutant("ForgetTheScopeOfASnapshotsFile", "whoever knows its name gets a snapshot's file",
        (Server, "snapshot::nobody_gets_a_file_of_a_scope_that_is_not_theirs")),
    mutant("BelieveAForgedCursor", "the seal on a cursor is not compared",
        (Core, "guards::a_cursor_that_was_not_sealed_here_is_no_place_in_this_log")),
    mutant("OverlookABrokenChain", "a device does not compare the chain of what it reads",
        (Core, "guards::a_page_with_other_words_than_the_chain_has_is_not_taken")),
    mutant("AskNoPermission", "an action is admitted whatever its writer may do",
        (Core, "hostile::each_wrong_action_is_refused_for_its_reason")),
    mutant("SpeakAsAnotherDevice", "a device may push under the number of another",
        (Core, "hostile::a_body_that_is_no_request_is_refused_in_words")),
    mutant("AcceptAForgedSignature", "what is not signed by the device is judged",
        (Core, "incarnations::what_is_not_signed_by_the_device_is_refused_whole")),
    mutant("DeliverUnderAnothersName", "what is handed over counts as its author's without their signature",
        (Core, "guards::what_is_handed_over_for_somebody_else_needs_their_signature")),
    mutant("OverlookACopiedDevice", "two devices that go by one number are taken for one",
        (Core, "incarnations::what_a_device_and_its_copy_write_is_all_there")),
    mutant("AdmitAnActionInPart", "of a refused action, the rows that pass are admitted",
        (Core, "guards::what_passes_of_a_refused_action_is_not_taken_either")),
    mutant("StopAtWhatIsRefused", "a refused action keeps those behind it from being judged",
        (Core, "hostile::one_bad_action_does_not_block_those_behind_it")),
    mutant("BuildOnWhatWasRefused", "an action is admitted that builds on a refused one",
        (Core, "hostile::one_bad_action_does_not_block_those_behind_it")),
    mutant("ForgetWhatWasPushedBefore", "an action that comes again is judged again",
        (Core, "hostile::pushing_again_gives_the_same_verdict_and_another_content_is_quarantined")),
    mutant("TakeOtherWordsForTheSame", "another action under a known number is taken for the known one",
        (Core, "hostile::pushing_again_gives_the_same_verdict_and_another_content_is_quarantined")),
    mutant("KeepAPersonalNumberAside", "what holds a personal number is kept aside like all that is refused",
        (Core, "hostile::a_personal_number_is_not_kept_anywhere")),
    mutant("AcknowledgeBeforeTheCommit", "devices hear of success before the transaction has ended",
        (ServerUnits, "group_commit::tests::nobody_is_told_of_success_when_the_commit_fails")),
    mutant("CallAFailedCommitDone", "a commit that the disk refused counts as done",
        (Simulation, "every_write::the_server_has_no_room")),
    mutant("TrustTheDevicesClock", "a watch ten years ahead wins for ten years",
        (CoreUnits, "merge::tests::the_effective_clock_follows_what_was_seen_and_not_a_wrong_watch")),
    mutant("ForgetWhatTheWriterSaw", "an edit may be earlier than what its writer had read",
        (Core, "guards::who_edits_what_they_saw_wins_whatever_their_watch_says")),
    mutant("LetTheLastToArriveWin", "what arrives last takes the field",
        (CoreUnits, "merge::tests::one_field_has_one_winner")),
    mutant("LetTheSmallerIdWin", "of two changes at one time, that of the smaller id takes the field",
        (CoreUnits, "merge::tests::one_field_has_one_winner")),
    mutant("ResurrectADeletedRow", "whatever is written to a deleted row brings it back",
        (Core, "guards::writing_to_a_deleted_row_does_not_bring_it_back")),
    mutant("MoveARowWithoutWithdrawingIt", "a row that moves to another scope stays in the one it left",
        (Core, "scopes::a_pin_that_moves_to_coordination_leaves_the_others_devices")),
    mutant("OverlookAConflict", "of two edits that did not know of each other one is forgotten",
        (Core, "conflicts::what_lost_is_kept_with_its_author_and_shown_to_the_same_people")),
    mutant("MeetOnesOwnEdits", "an edit is in conflict with its writer's own",
        (Core, "conflicts::who_saw_it_and_who_says_the_same_meets_no_conflict")),
    mutant("DropTheLosersWords", "a conflict keeps the words that won",
        (Core, "conflicts::what_lost_is_kept_with_its_author_and_shown_to_the_same_people")),
    mutant("ForgetWhatWasRefused", "a device forgets what was refused",
        (Core, "history::what_was_refused_stands_beside_what_is_there_and_can_be_tried_again")),
    mutant("KeepWhatIsNotTheReadersAnyMore", "a device whose role became narrower keeps what it has",
        (Core, "guards::a_narrower_role_loses_what_it_may_not_read_with_the_first_answer")),
    mutant("TakeADamagedSnapshot", "a snapshot's file is not compared with its hash",
        (Core, "snapshots::a_file_cut_off_anywhere_or_gone_leads_to_the_log")),
    mutant("DropTheUnsentForASnapshot", "a snapshot takes the place of what is not sent too",
        (Core, "guards::what_is_written_while_a_snapshot_is_fetched_stays")),
    mutant("KeepTheCursorAfterARestore", "a device reads on after a restore where it was",
        (Core, "restore::what_was_read_after_the_backup_comes_back_from_whoever_read_it")),
    mutant("LetGoOfWhatIsInNoBackup", "a device does not keep what it read until it is in a backup",
        (Core, "restore::what_was_read_after_the_backup_comes_back_from_whoever_read_it")),
    mutant("BelieveWhatIsOffered", "what a device offers after a restore is not proven",
        (Core, "restore::an_offer_that_is_not_proven_changes_nothing_and_is_kept_aside")),
    mutant("BelieveWhatStandsBesideALeaf", "what stands in the place of an erased row is believed, though its hash is another row's",
        (Core, "restore::nobody_has_a_row_erased_by_saying_so_beside_a_hash")),
    mutant("LetOthersTakeTheServersIds", "a device may make a row where the server will write a conflict",
        (Core, "conflicts::nobody_takes_the_place_of_a_conflict_beforehand")),
    mutant("ShowWhatLostWhereItNeverWas", "what lost is shown wherever the row goes with what won",
        (Core, "conflicts::what_lost_does_not_follow_a_row_into_a_wider_scope")),
    mutant("OfferWhatNoBackupHas", "a snapshot is offered of what no backup has, and whoever takes it cannot give it back",
        (Core, "snapshots::a_snapshot_of_what_no_backup_has_is_not_offered_where_backups_are_made")),
    mutant("LeaveWhatAStolenDeviceIssued", "the invitations that were issued with a stolen device go on working",
        (Server, "access_until::what_a_stolen_device_issued_dies_with_it")),
    mutant("GiveNumbersOutAgainAfterAnImport", "an area that comes back from an export gives device numbers out again",
        (Server, "area_transfer::an_area_goes_out_is_deleted_and_comes_back_whole")),
    mutant("ShowWhatLeftItsScope", "what left a scope after the backup is shown there again",
        (Core, "guards::what_left_its_scope_is_hidden_until_its_new_place_is_known")),
    mutant("GiveLostNumbersOutAgain", "after a restore the server uses its own numbers twice",
        (Core, "guards::the_servers_own_numbers_of_before_a_restore_are_not_given_out_again")),
    mutant("RestoreADamagedBackup", "the files of a backup are not compared with its list",
        (Server, "backups::a_backup_that_was_cut_or_changed_anywhere_is_refused")),
    mutant("BringErasedRowsBackWithABackup", "a restore forgets what was erased since",
        (Server, "person::a_person_is_erased_everywhere_and_does_not_come_back_with_a_backup")),
    mutant("ForgetWhatIsErasedBeforeItComesBack", "a restored server erases only what its backup has",
        (Core, "erasure::it_does_not_come_back_to_a_restored_server_from_a_device_that_had_not_heard")),
    mutant("CountTheTrashByTheDeletersClock", "what was deleted offline a month ago is erased when it arrives",
        (Core, "erasure::what_was_deleted_a_month_ago_and_comes_today_stays_for_a_month")),
    mutant("ReadEveryWalk", "whoever is on one walk or none reads all of them",
        (Core, "walks::those_on_a_walk_share_its_marks_and_nobody_else_is_sent_them")),
    mutant("MarkOnAWalkThatIsNotThere", "a device opens the scope of a walk that the server knows nothing of",
        (Core, "walks::the_server_opens_a_walk_and_nobody_writes_to_one_that_is_not_theirs")),
    mutant("SendWalksToWhoDoesNotKnowThem", "an older device is sent the scopes of walks",
        (Core, "walks::a_device_that_does_not_speak_of_walks_is_sent_none")),
    mutant("ReadOnInAWalkThatHadBegun", "whoever is put on a walk reads only what comes from then on",
        (Core, "walks::whoever_leaves_a_walk_loses_it_at_once_and_whoever_joins_gets_all_of_it")),
    mutant("SendSeedsToWhoDoesNotKnowThem", "an older device is sent seeds in the place of salts",
        (Core, "seeds::a_device_that_does_not_know_seeds_is_sent_salts_and_reads_the_same_chain")),
    mutant("FoldForWhoDoesNotKnowIt", "an older device is sent numbers that say how far they are from others",
        (Core, "folded::who_does_not_know_them_is_sent_neither_folded_pages_nor_that_bodies_are_unpacked")),
    mutant("LeaveThePageWithoutSayingSo", "whoever pushes in a crowd is not told that there is more to read",
        (Core, "folded::in_a_crowd_whoever_pushes_hears_first_that_it_is_safe_and_then_reads_everything")),
    mutant("LetGoBeforeTheLogHasCome", "what was offered is let go of when the server has said nothing of the log yet",
        (Core, "restore::what_was_offered_is_kept_until_the_log_comes_also_when_the_server_leaves_that_for_later")),
    mutant("KeepTheSeedOfAnErasedRow", "the server keeps what an erased row's salt comes from",
        (Core, "seeds::the_seed_of_an_erased_row_is_kept_nowhere")),
    mutant("KeepTheSeedOfAnErasedRowOnDevices", "a device keeps what an erased row's salt comes from",
        (Core, "seeds::the_seed_of_an_erased_row_is_kept_nowhere")),
    mutant("KeepTheActionOfAnErasedRow", "erasing leaves the action as its author signed it",
        (Core, "erasure::what_is_erased_is_nowhere_and_the_chain_still_verifies")),
    mutant("EraseNothingThatWasRefused", "erasing leaves what was kept aside",
        (Core, "guards::what_was_refused_and_names_an_erased_row_goes_with_it")),
    mutant("LeaveErasedWordsInTheSearchIndex", "a device's search index keeps erased words in its file",
        (Core, "guards::an_erased_word_is_neither_searched_nor_brought_back_by_undo")),
    mutant("LeaveErasedWordsInWhatCanBeUndone", "what would take an edit back keeps erased words",
        (Core, "guards::an_erased_word_is_neither_searched_nor_brought_back_by_undo")),
    mutant("LetALockedOutDeviceRead", "the token of a device that was locked out is good",
        (Server, "access::a_device_that_was_locked_out_hears_so")),
    mutant("LetAccessGoOnBeyondItsEnd", "access for a time does not end",
        (Server, "access_until::an_evenings_invitation_lets_a_crowd_in_and_out_again")),
    mutant("RedeemWhatHasExpired", "an invitation is good for ever",
        (Server, "invitations::an_expired_or_unknown_invitation_is_refused")),
    mutant("RedeemWhatWasTakenBack", "an invitation that was taken back is good",
        (Server, "invitations::coordinators_issue_list_and_take_back")),
    mutant("RedeemTwiceWhatIsForOne", "an invitation for one lets many in",
        (Server, "invitations::two_devices_at_once_cannot_share_a_single_use")),
];

/// Where the table stands in the document.
const PAGE: &str = "docs/testing.md";
const BEGIN: &str = "<!-- mutants: written by `cargo xtask mutants` -->\n";
const END: &str = "<!-- end of mutants -->";

/// The table as the page shows it.
fn as_markdown() -> String {
    let mut table = "| bug | what goes wrong | caught by |\n| --- | --- | --- |\n".to_owned();
    for Mutant { name, words, caught_by: (binary, test) } in MUTANTS {
        table.push_str(&format!("| `{name}` | {words} | `{} {test}` |\n", binary.id()));
    }
    table
}

/// Brings the page in step.
pub(super) fn write(layout: &Layout) -> Result<()> {
    let path = layout.root.join(PAGE);
    let page = layout::read_text(&path)?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| Failure::new(format!("{PAGE} has no place for the planted bugs")))?;
    let new = format!("{before}{BEGIN}{}{END}{after}", as_markdown());
    if new != page {
        say(format!("{PAGE} is brought in step"));
        layout::write(&path, new)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names of `mutant!(Name)` in the sources.
    fn planted(layout: &Layout) -> Vec<String> {
        let mut names = Vec::new();
        for folder in ["src-core/src", "src-server/src"] {
            for file in layout::files_below(&layout.root.join(folder)).unwrap() {
                if layout::has_extension(&file, "rs") && !file.ends_with("src-core/src/mutant.rs") {
                    let text = layout::read_text(&file).unwrap();
                    let after = text.split("mutant!(").skip(1);
                    names.extend(after.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
                }
            }
        }
        names
    }

    #[test]
    fn what_is_planted_is_in_the_table_and_nothing_else() {
        let planted = planted(&Layout::find().unwrap());
        let known: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        assert_eq!(known.len(), MUTANTS.len(), "a name stands twice in the table");
        assert_eq!(planted.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
        assert_eq!(planted.len(), known.len(), "each is planted in one place: {planted:#?}");
    }

    #[test]
    fn the_page_shows_this_table() {
        let page = layout::read_text(&Layout::find().unwrap().root.join(PAGE)).unwrap();
        assert!(
            page.contains(&format!("{BEGIN}{}{END}", as_markdown())),
            "`cargo xtask mutants` writes it into {PAGE}"
        );
    }
}

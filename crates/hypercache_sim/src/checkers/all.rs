//! All checkers, by name, and what they find.

use super::{
    agreement, broadcasts, deaths, detection, following, identities, leaves, reachability, replay, versions,
};
use crate::history::History;

/// Looks at a history, and says what is wrong with it.
pub type Checker = fn(&History) -> Vec<String>;

/// All of them, by name.
pub const CHECKERS: [(&str, Checker); 24] = [
    ("agreement", agreement::members_agree),
    ("rings", agreement::rings_agree),
    ("health", agreement::nothing_stands_against_anybody),
    ("addresses", agreement::no_address_is_shared),
    ("unreachable", reachability::the_unreachable_say_so),
    ("flapping", reachability::correct_members_do_not_flap),
    ("suspicion", agreement::no_suspicion_leaves_a_trace),
    ("the dead", deaths::the_dead_are_known),
    ("reaped", deaths::the_reaped_stay_gone),
    ("false deaths", deaths::no_member_is_dead_because_of_loss),
    ("detection", detection::crashes_are_noticed_in_time),
    ("following", following::rings_follow_their_members),
    ("order", following::members_are_told_before_the_ring),
    ("giving up", following::nobody_gives_up_without_cause),
    ("replay", replay::changes_fit_the_view),
    ("versions", versions::versions_never_fall),
    ("records", versions::a_version_says_one_thing),
    ("left", leaves::the_left_stay_gone),
    ("leave", leaves::no_leave_is_a_failure),
    ("broadcast once", broadcasts::each_comes_once),
    ("broadcast to all", broadcasts::each_comes_to_all),
    ("clusters", identities::clusters_stay_apart),
    ("identities", identities::nobody_is_turned_away),
    ("quiet", identities::nobody_talks_without_end),
];

/// Something that is wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which checker says so.
    pub checker: &'static str,
    /// What.
    pub text: String,
}

/// All that is wrong with a run.
pub fn check(history: &History) -> Vec<Violation> {
    let checked = CHECKERS
        .iter()
        .flat_map(|(checker, check)| check(history).into_iter().map(|text| Violation { checker, text }));
    checked.collect()
}

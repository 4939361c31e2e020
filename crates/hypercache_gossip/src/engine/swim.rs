//! SWIM, as foca runs it, and the index of its members.

use std::sync::mpsc::{Receiver, channel};

use foca::{Codec, Error, Foca, Header, Member, Message, PostcardCodec, State, Timer};
use rand::rngs::StdRng;

use super::member_index::MemberIndex;
use super::rumor_handler::RumorHandler;
use super::swim_codec::{Hearsay, SwimCodec};
use super::swim_runtime::{Probe, SwimRuntime};
use crate::identity::{Generation, Identity};
use crate::timing::Timing;

/// Foca with an index. The index follows what foca encodes, for that is each change that it makes: so it
/// costs as much as has changed, and not as much as there is.
pub struct Swim {
    foca: Foca<Identity, SwimCodec, StdRng, RumorHandler>,
    encoded: Receiver<Member<Identity>>,
    rumors: Receiver<(Identity, Vec<u8>)>,
    hearsay: Hearsay,
    members: MemberIndex,
    /// What foca wants done.
    pub runtime: SwimRuntime,
}

impl Swim {
    pub fn new(identity: Identity, timing: &Timing, rng: StdRng) -> Self {
        let (sender, encoded) = channel();
        let (arrived, rumors) = channel();
        let hearsay = Hearsay::default();
        let codec = SwimCodec { hearsay: hearsay.clone(), speaker: String::new(), encoded: sender };
        let handler = RumorHandler { arrived };
        Self {
            foca: Foca::with_custom_broadcast(identity, timing.for_foca(1), rng, codec, handler),
            encoded,
            rumors,
            hearsay,
            members: MemberIndex::default(),
            runtime: SwimRuntime::default(),
        }
    }

    /// Who this member is.
    pub fn identity(&self) -> &Identity {
        self.foca.identity()
    }

    /// How many members are live, this one apart.
    pub fn live_count(&self) -> usize {
        self.foca.num_members()
    }

    /// What it knows of a member.
    pub fn member(&self, id: &str) -> Option<&Member<Identity>> {
        self.members.get(id)
    }

    /// All that it knows of members, in the order of their ids: earlier processes of this one among them.
    pub fn members(&self) -> impl Iterator<Item = &Member<Identity>> {
        self.members.iter()
    }

    /// The live members, in the order of their ids.
    pub fn live(&self) -> impl Iterator<Item = &Member<Identity>> {
        self.members().filter(|member| member.state() != State::Down)
    }

    /// Takes the ids of members that have come, changed or gone.
    pub fn take_changed(&mut self) -> impl Iterator<Item = String> + use<> {
        self.members.take_changed().into_iter()
    }

    /// Takes a datagram.
    pub fn handle_datagram(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let handled = self.foca.handle_data(bytes, &mut self.runtime);
        self.follow();
        handled
    }

    /// Does what was to be done at this time.
    pub fn handle_timer(&mut self, timer: Timer<Identity>) {
        let removed = if let Timer::RemoveDown(identity) = &timer { Some(identity.clone()) } else { None };
        if let Timer::SendIndirectProbe { probed_id, .. } = &timer {
            let late = self.runtime.probe.clone().filter(|(probed, _)| probed == probed_id);
            self.runtime.late.extend(late);
        }
        // Its errors are of timers that have been overtaken: it goes on by itself.
        drop(self.foca.handle_timer(timer, &mut self.runtime));
        if let Some(identity) = removed {
            self.members.remove_dead(&identity);
        }
        self.follow();
    }

    /// Has a probe pass for answered, whose answer has come by another way than a datagram.
    pub fn acknowledge(&mut self, (src, number): Probe) {
        let Some(probed) = self.member(&src.id).filter(|member| member.state() != State::Down) else {
            return;
        };
        let (src_incarnation, dst) = (probed.incarnation(), self.identity().clone());
        let mut bytes = Vec::new();
        let ack = Header { src, src_incarnation, dst, message: Message::Ack(number) };
        PostcardCodec
            .encode_header(&ack, &mut bytes)
            .expect("a header has nothing that postcard cannot hold");
        self.runtime.probe = None;
        // Foca pays no heed to the answer to a probe that is over.
        drop(self.handle_datagram(&bytes));
    }

    /// Takes over what somebody else knows of members. What is known already costs foca a walk, and nothing
    /// comes of it.
    pub fn merge(&mut self, updates: Vec<Member<Identity>>) {
        let news = updates.into_iter().filter(|update| self.members.get(&update.id().id) != Some(update));
        // Its errors are of encoding, and it only encodes what it has decoded.
        drop(self.foca.apply_many(news, true, &mut self.runtime));
        self.follow();
    }

    /// Begins another generation of this member.
    pub fn change_generation(&mut self, generation: Generation) {
        let identity = Identity { generation, ..self.identity().clone() };
        // Its errors are of encoding an identity that it has encoded all the time, or of one that is the
        // same.
        drop(self.foca.change_identity(identity, &mut self.runtime));
        self.drop_own();
        // Foca goes on with its timers when it sees that it has company.
        drop(self.foca.apply_many(std::iter::empty(), false, &mut self.runtime));
        (self.runtime.incarnation, self.runtime.is_defunct, self.runtime.probe) = (0, false, None);
    }

    /// Tells some members that this one is gone.
    pub fn leave(&mut self) {
        // It can fail to encode its own identity, and has done that all the time.
        drop(self.foca.leave_cluster(&mut self.runtime));
        self.drop_own();
    }

    /// Adapts the timers that go by the size of the cluster.
    pub fn tune(&mut self, timing: &Timing, member_count: usize) {
        self.foca.set_config(timing.for_foca(member_count)).expect("only what may change does");
    }

    /// Puts a rumor on the datagrams to come.
    pub fn spread(&mut self, rumor: &[u8]) {
        // It fails for what is too big for a datagram, which the caller knows of.
        drop(self.foca.add_broadcast(rumor));
    }

    /// How many rumors are on their way.
    pub fn rumors_in_flight(&self) -> usize {
        self.foca.custom_broadcast_backlog()
    }

    /// Takes a rumor that has come, and from whom.
    pub fn take_rumor(&self) -> Option<(Identity, Vec<u8>)> {
        self.rumors.try_recv().ok()
    }

    /// Which members live, for all that is known here: see [`Hearsay`].
    pub fn set_living(&self, id: &str, living: Option<(Generation, u16)>) {
        self.hearsay.set_living(id, living);
    }

    /// Whether what a member says of the health of others is believed.
    pub fn set_trusted(&self, id: &str, is_trusted: bool) {
        self.hearsay.set_trusted(id, is_trusted);
    }

    /// Has the index follow the list.
    fn follow(&mut self) {
        while let Ok(member) = self.encoded.try_recv() {
            self.members.set(member);
        }
        debug_assert!(self.members.is_of(self.foca.iter_membership_state()), "the index is not foca's list");
    }

    /// That this member itself is gone is encoded, and not taken over into the list.
    fn drop_own(&mut self) {
        while self.encoded.try_recv().is_ok() {}
        self.follow();
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn identity(id: u8, started_at_ms: u64) -> Identity {
        let generation = Generation { started_at_ms, rejoin_count: 0 };
        Identity { id: format!("n{id}"), address: ([10, 0, 0, id], 7946).into(), generation }
    }

    fn some_member(rng: &mut StdRng) -> Member<Identity> {
        let states = [State::Alive, State::Suspect, State::Down];
        let who = identity(rng.random_range(0..20), rng.random_range(1..4));
        Member::new(who, rng.random_range(0..3), states[rng.random_range(0..3)])
    }

    /// Updates of all kinds, of this member too, and every timer that comes of them, in any order.
    #[test]
    fn the_index_is_the_list_whatever_happens() {
        for seed in 0..50 {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut swim = Swim::new(identity(0, 2), &Timing::default(), StdRng::seed_from_u64(seed));
            let mut has_suspected = false;
            for step in 0..400 {
                match rng.random_range(0..8) {
                    0 => swim.change_generation(Generation { started_at_ms: 4 + step, rejoin_count: 0 }),
                    1..4 if !swim.runtime.timers.is_empty() => {
                        let number = rng.random_range(0..swim.runtime.timers.len());
                        let (_, timer) = swim.runtime.timers.swap_remove(number);
                        swim.handle_timer(timer);
                    }
                    _ => {
                        let count = rng.random_range(1..6);
                        swim.merge((0..count).map(|_| some_member(&mut rng)).collect());
                    }
                }
                assert!(swim.members.is_of(swim.foca.iter_membership_state()), "seed {seed}, step {step}");
                has_suspected |= swim.members().any(|member| member.state() == State::Suspect);
            }
            assert!(has_suspected, "seed {seed}");
        }
    }

    #[test]
    fn what_is_known_already_changes_nothing() {
        let mut swim = Swim::new(identity(0, 1), &Timing::default(), StdRng::seed_from_u64(1));
        let all: Vec<_> = (1..9).map(|id| Member::new(identity(id, 1), 1, State::Suspect)).collect();
        swim.merge(all.clone());
        assert_eq!(swim.take_changed().count(), all.len());
        swim.merge(all);
        assert_eq!(swim.take_changed().count(), 0);
    }
}

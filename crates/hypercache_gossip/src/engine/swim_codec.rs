//! How foca's messages are written and read: as postcard, with some doubt, and with a note of each change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BufMut};
use foca::{Codec, Header, Member, PostcardCodec, State};

use crate::identity::{Generation, Identity};

/// What is known here that speaks against what others say of a member.
#[derive(Clone, Default)]
pub struct Hearsay(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// Members that live: of which generation, and with which incarnation.
    living: BTreeMap<String, (Generation, u16)>,
    /// Members that datagrams do not reach: to them all others are silent.
    distrusted: BTreeSet<String>,
}

impl Hearsay {
    /// Takes note of how it is with a member now.
    pub fn set_living(&self, id: &str, living: Option<(Generation, u16)>) {
        let mut known = self.known();
        match living {
            Some(living) => drop(known.living.insert(id.into(), living)),
            None => drop(known.living.remove(id)),
        }
    }

    /// Takes note of whether a member is believed.
    pub fn set_trusted(&self, id: &str, is_trusted: bool) {
        let distrusted = &mut self.known().distrusted;
        let _ = if is_trusted { distrusted.remove(id) } else { distrusted.insert(id.into()) };
    }

    /// Whether what a speaker says of a member that lives is not to be believed.
    fn contradicts(&self, speaker: &str, said: &Member<Identity>) -> bool {
        let known = self.known();
        let is_ill = said.state() != State::Alive;
        let living = known.living.get(&said.id().id);
        is_ill
            && living.is_some_and(|(generation, incarnation)| {
                let has_outlived = said.state() == State::Down && *incarnation > said.incarnation();
                *generation == said.id().generation && (has_outlived || known.distrusted.contains(speaker))
            })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Postcard. What is not to be believed of a member is read as what is known already.
///
/// That it has died of a suspicion which it has refuted since: foca would take a death at any incarnation for
/// final, and one member that hears nobody, but is heard, would have the others declare dead whoever it
/// suspects. And that it is suspected, or dead, where a member says so that datagrams do not reach: it would
/// suspect all others, for ever, in turn.
///
/// Foca encodes each change of a member that it has made, to pass it on. Of suspicions it tells by nothing
/// else.
pub struct SwimCodec {
    pub hearsay: Hearsay,
    /// Who has sent what is being read.
    pub speaker: String,
    /// Takes what foca encodes.
    pub encoded: Sender<Member<Identity>>,
}

impl Codec<Identity> for SwimCodec {
    type Error = <PostcardCodec as Codec<Identity>>::Error;

    fn encode_header(&mut self, header: &Header<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
        PostcardCodec.encode_header(header, buf)
    }

    fn decode_header(&mut self, buf: impl Buf) -> Result<Header<Identity>, Self::Error> {
        let header: Header<Identity> = PostcardCodec.decode_header(buf)?;
        self.speaker.clone_from(&header.src.id);
        Ok(header)
    }

    fn encode_member(&mut self, member: &Member<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
        // Whoever takes it lives as long as foca.
        let _ = self.encoded.send(member.clone());
        PostcardCodec.encode_member(member, buf)
    }

    fn decode_member(&mut self, buf: impl Buf) -> Result<Member<Identity>, Self::Error> {
        let member = PostcardCodec.decode_member(buf)?;
        if self.hearsay.contradicts(&self.speaker, &member) {
            return Ok(Member::new(member.id().clone(), member.incarnation(), State::Alive));
        }
        Ok(member)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn of(generation: Generation) -> Identity {
        Identity { id: "a".into(), address: "10.0.0.1:7946".parse().expect("an address"), generation }
    }

    /// How a codec with this hearsay reads what a speaker says.
    fn read(
        hearsay: &Hearsay,
        speaker: &str,
        generation: Generation,
        incarnation: u16,
        state: State,
    ) -> State {
        let mut codec = SwimCodec { hearsay: hearsay.clone(), speaker: speaker.into(), encoded: channel().0 };
        let mut bytes = Vec::new();
        codec.encode_member(&Member::new(of(generation), incarnation, state), &mut bytes).expect("room");
        codec.decode_member(&bytes[..]).expect("a member").state()
    }

    #[test]
    fn a_member_does_not_die_of_what_it_has_refuted() {
        let generation = Generation { started_at_ms: 7, rejoin_count: 0 };
        let hearsay = Hearsay::default();
        let read = |generation, incarnation, state| read(&hearsay, "b", generation, incarnation, state);
        hearsay.set_living("a", Some((generation, 2)));
        assert_eq!(read(generation, 1, State::Down), State::Alive);
        assert_eq!(read(generation, 2, State::Down), State::Down);
        assert_eq!(read(generation, 1, State::Suspect), State::Suspect);
        let other = Generation { started_at_ms: 8, rejoin_count: 0 };
        assert_eq!(read(other, 1, State::Down), State::Down);
        hearsay.set_living("a", None);
        assert_eq!(read(generation, 1, State::Down), State::Down);
    }

    #[test]
    fn nobody_is_suspected_because_a_member_says_so_that_datagrams_do_not_reach() {
        let generation = Generation { started_at_ms: 7, rejoin_count: 0 };
        let hearsay = Hearsay::default();
        hearsay.set_living("a", Some((generation, 2)));
        hearsay.set_trusted("b", false);
        for state in [State::Suspect, State::Down] {
            assert_eq!(read(&hearsay, "b", generation, 2, state), State::Alive);
            assert_eq!(read(&hearsay, "c", generation, 2, state), state);
            let unknown = Generation { started_at_ms: 8, rejoin_count: 0 };
            assert_eq!(read(&hearsay, "b", unknown, 2, state), state);
        }
        hearsay.set_trusted("b", true);
        assert_eq!(read(&hearsay, "b", generation, 2, State::Suspect), State::Suspect);
    }
}

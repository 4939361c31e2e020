//! How foca's messages are written and read: as postcard, with one doubt, and with a note of each change.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, BufMut};
use foca::{Codec, Header, Member, PostcardCodec, State};

use crate::identity::{Generation, Identity};

/// Members that have refuted a suspicion: of which generation, and with which incarnation.
#[derive(Clone, Default)]
pub struct Refutations(Arc<Mutex<BTreeMap<String, (Generation, u16)>>>);

impl Refutations {
    /// Takes note of how it is with a member now.
    pub fn set(&self, id: &str, refuted: Option<(Generation, u16)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match refuted {
            Some(refuted) => drop(known.insert(id.into(), refuted)),
            None => drop(known.remove(id)),
        }
    }

    /// Whether a member has refuted more than what is said to have killed it.
    fn has_outlived(&self, dead: &Member<Identity>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&dead.id().id).is_some_and(|(generation, incarnation)| {
            *generation == dead.id().generation && *incarnation > dead.incarnation()
        })
    }
}

/// Postcard. That a member has died of a suspicion which it has refuted since is read as what is known
/// already: foca would take a death at any incarnation for final, and one member that hears nobody, but is
/// heard, would have the others declare dead whoever it suspects.
///
/// Foca encodes each change of a member that it has made, to pass it on. Of suspicions it tells by nothing
/// else.
pub struct SwimCodec {
    pub refutations: Refutations,
    /// Takes what foca encodes.
    pub encoded: Sender<Member<Identity>>,
}

impl Codec<Identity> for SwimCodec {
    type Error = <PostcardCodec as Codec<Identity>>::Error;

    fn encode_header(&mut self, header: &Header<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
        PostcardCodec.encode_header(header, buf)
    }

    fn decode_header(&mut self, buf: impl Buf) -> Result<Header<Identity>, Self::Error> {
        PostcardCodec.decode_header(buf)
    }

    fn encode_member(&mut self, member: &Member<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
        // Whoever takes it lives as long as foca.
        let _ = self.encoded.send(member.clone());
        PostcardCodec.encode_member(member, buf)
    }

    fn decode_member(&mut self, buf: impl Buf) -> Result<Member<Identity>, Self::Error> {
        let member = PostcardCodec.decode_member(buf)?;
        if member.state() == State::Down && self.refutations.has_outlived(&member) {
            return Ok(Member::new(member.id().clone(), member.incarnation(), State::Alive));
        }
        Ok(member)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_member_does_not_die_of_what_it_has_refuted() {
        let generation = Generation { started_at_ms: 7, rejoin_count: 0 };
        let address = "10.0.0.1:7946".parse().expect("an address");
        let of = |generation| Identity { id: "a".into(), address, generation };
        let refutations = Refutations::default();
        refutations.set("a", Some((generation, 2)));
        let mut codec = SwimCodec { refutations: refutations.clone(), encoded: channel().0 };
        let mut read = |generation, incarnation, state| {
            let mut bytes = Vec::new();
            codec.encode_member(&Member::new(of(generation), incarnation, state), &mut bytes).expect("room");
            codec.decode_member(&bytes[..]).expect("a member").state()
        };
        assert_eq!(read(generation, 1, State::Down), State::Alive);
        assert_eq!(read(generation, 2, State::Down), State::Down);
        assert_eq!(read(generation, 1, State::Suspect), State::Suspect);
        let other = Generation { started_at_ms: 8, rejoin_count: 0 };
        assert_eq!(read(other, 1, State::Down), State::Down);
        refutations.set("a", None);
        assert_eq!(read(generation, 1, State::Down), State::Down);
    }
}

//! How foca's messages are written and read: as postcard, with one doubt.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, BufMut};
use foca::{Codec, Header, Member, PostcardCodec, State};

use crate::identity::{Identity, Life};

/// Members that have refuted a suspicion: of which life, and what number they gave it.
#[derive(Clone, Default)]
pub struct Refutations(Arc<Mutex<BTreeMap<String, (Life, u16)>>>);

impl Refutations {
    /// Replaces what is known.
    pub fn replace(&self, known: BTreeMap<String, (Life, u16)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Whether a member has refuted more than what is said to have killed it.
    fn has_outlived(&self, dead: &Member<Identity>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refuted = known.get(&dead.id().id);
        refuted.is_some_and(|(life, number)| *life == dead.id().life && *number > dead.incarnation())
    }
}

/// Postcard. That a member has died of a suspicion which it has refuted since is read as what is known
/// already: foca would take a death at any number for final, and one member that hears nobody, but is heard,
/// would have the others declare dead whoever it suspects.
pub struct DoubtingCodec {
    pub refutations: Refutations,
}

impl Codec<Identity> for DoubtingCodec {
    type Error = <PostcardCodec as Codec<Identity>>::Error;

    fn encode_header(&mut self, header: &Header<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
        PostcardCodec.encode_header(header, buf)
    }

    fn decode_header(&mut self, buf: impl Buf) -> Result<Header<Identity>, Self::Error> {
        PostcardCodec.decode_header(buf)
    }

    fn encode_member(&mut self, member: &Member<Identity>, buf: impl BufMut) -> Result<(), Self::Error> {
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
    use super::*;

    #[test]
    fn a_member_does_not_die_of_what_it_has_refuted() {
        let life = Life { started_at_ms: 7, comeback: 0 };
        let address = "10.0.0.1:7946".parse().expect("an address");
        let of = |life| Identity { id: "a".into(), address, life };
        let refutations = Refutations::default();
        refutations.replace(BTreeMap::from([("a".into(), (life, 2))]));
        let mut codec = DoubtingCodec { refutations };
        let mut read = |life, incarnation, state| {
            let mut bytes = Vec::new();
            codec.encode_member(&Member::new(of(life), incarnation, state), &mut bytes).expect("room");
            codec.decode_member(&bytes[..]).expect("a member").state()
        };
        assert_eq!(read(life, 1, State::Down), State::Alive);
        assert_eq!(read(life, 2, State::Down), State::Down);
        assert_eq!(read(life, 1, State::Suspect), State::Suspect);
        let other = Life { started_at_ms: 8, comeback: 0 };
        assert_eq!(read(other, 1, State::Down), State::Down);
    }
}

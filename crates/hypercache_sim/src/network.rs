//! The network: what is wrong with it now, and how long things are under way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::plan::{Fault, Host};

/// The first wait of TCP for an answer to the first segment of a connection, and to a later one.
const CONNECT_RETRY: Duration = Duration::from_secs(1);
const SEGMENT_RETRY: Duration = Duration::from_millis(200);
/// Tries after which a connection is as good as broken.
const TRIES_MAX: u32 = 8;

/// What happens to a datagram.
pub enum Fate {
    /// There is a cut in its way.
    Cut,
    /// It is lost.
    Lost,
    /// It comes, once or twice, so long after.
    Comes(Vec<Duration>),
}

/// What is wrong with the network.
pub struct Network {
    latency_us: Range<u64>,
    faults: BTreeMap<usize, Fault>,
    /// How often it did harm, by the kind.
    pub harm: BTreeMap<&'static str, u64>,
}

impl Network {
    /// A healthy one.
    pub fn new(latency_us: Range<u64>) -> Self {
        Self { latency_us, faults: BTreeMap::new(), harm: BTreeMap::new() }
    }

    /// Something goes wrong.
    pub fn begin(&mut self, number: usize, fault: Fault) {
        self.faults.insert(number, fault);
    }

    /// It ends.
    pub fn end(&mut self, number: usize) {
        self.faults.remove(&number);
    }

    /// All is well.
    pub fn clear(&mut self) {
        self.faults.clear();
    }

    /// Whether nothing gets from one host to another.
    pub fn is_cut(&self, from: Host, to: Host) -> bool {
        self.faults.values().any(|fault| match fault {
            Fault::Partition(half) => half.contains(&from) != half.contains(&to),
            Fault::OneWay(source, target) => (from, to) == (*source, *target),
            Fault::Isolation(host) => (from == *host) != (to == *host),
            _ => false,
        })
    }

    /// Whether no datagram gets from one host to another.
    fn is_silent(&self, from: Host, to: Host) -> bool {
        self.faults.values().any(|fault| match fault {
            Fault::Deaf(host) => to == *host,
            Fault::Mute(host) => from == *host,
            _ => false,
        })
    }

    /// Whether an exchange between two hosts can be expected to succeed in a short time.
    pub fn is_clear(&self, one: Host, other: Host) -> bool {
        let is_open = |from, to| !self.is_cut(from, to) && !self.is_silent(from, to);
        is_open(one, other) && is_open(other, one) && self.loss(one, other) <= 0.2
    }

    /// Whether host names are resolved.
    pub fn has_names(&self) -> bool {
        !self.faults.values().any(|fault| *fault == Fault::NoNames)
    }

    /// What share of the datagrams is damaged.
    pub fn damage(&self) -> f64 {
        self.sum(|fault| if let Fault::Damage(share) = fault { *share } else { 0.0 })
    }

    /// What happens to a datagram that is sent now.
    pub fn datagram(&mut self, from: Host, to: Host, rng: &mut StdRng) -> Fate {
        if self.is_cut(from, to) || self.is_silent(from, to) {
            self.count("datagrams cut off");
            return Fate::Cut;
        }
        if rng.random_bool(self.loss(from, to)) {
            self.count("datagrams lost");
            return Fate::Lost;
        }
        let mut times = vec![self.datagram_time(rng)];
        let twice = self.sum(|fault| if let Fault::Duplicates(share) = fault { *share } else { 0.0 });
        if rng.random_bool(twice.min(1.0)) {
            self.count("datagrams doubled");
            times.push(self.datagram_time(rng));
        }
        Fate::Comes(times)
    }

    /// How long the question of an exchange is under way from connecting on: with what is lost sent again.
    pub fn question_time(&mut self, from: Host, to: Host, rng: &mut StdRng) -> Duration {
        let there_and_back = 1.0 - (1.0 - self.loss(from, to)).powi(2);
        self.retried(there_and_back, CONNECT_RETRY, rng) + self.answer_time(from, to, rng)
    }

    /// How long the answer is under way.
    pub fn answer_time(&mut self, from: Host, to: Host, rng: &mut StdRng) -> Duration {
        self.retried(self.loss(from, to), SEGMENT_RETRY, rng) + self.latency(rng)
    }

    /// How long something is under way that nothing happens to.
    pub fn latency(&self, rng: &mut StdRng) -> Duration {
        Duration::from_micros(rng.random_range(self.latency_us.clone()))
    }

    /// Takes note of harm done.
    pub fn count(&mut self, kind: &'static str) {
        *self.harm.entry(kind).or_default() += 1;
    }

    fn retried(&mut self, loss: f64, first: Duration, rng: &mut StdRng) -> Duration {
        let mut passed = self.latency(rng);
        for number in 0..TRIES_MAX {
            if !rng.random_bool(loss) {
                break;
            }
            self.count("segments lost");
            passed += first * (1 << number);
        }
        passed
    }

    fn datagram_time(&mut self, rng: &mut StdRng) -> Duration {
        let normal = self.latency(rng);
        let delays: Vec<(f64, Duration)> = self
            .faults
            .values()
            .filter_map(
                |fault| if let Fault::Delays(share, most) = fault { Some((*share, *most)) } else { None },
            )
            .collect();
        let extra =
            delays.into_iter().filter(|(share, _)| rng.random_bool(*share)).map(|(_, most)| most).max();
        let Some(most) = extra else { return normal };
        self.count("datagrams delayed");
        normal + most.mul_f64(rng.random_range(0.0..1.0))
    }

    fn loss(&self, from: Host, to: Host) -> f64 {
        let arriving: f64 = self
            .faults
            .values()
            .map(|fault| match fault {
                Fault::Loss(share) => 1.0 - share,
                Fault::BadLink(host, share) if [from, to].contains(host) => 1.0 - share,
                _ => 1.0,
            })
            .product();
        1.0 - arriving
    }

    fn sum(&self, share: impl Fn(&Fault) -> f64) -> f64 {
        self.faults.values().map(share).sum::<f64>().min(1.0)
    }
}

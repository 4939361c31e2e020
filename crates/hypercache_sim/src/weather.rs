//! The bad weather of a plan: which faults, on whom, for how long.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::plan::{Action, Advertised, Clock, Fault, Host, Place, Plan, STALL_INTERVALS, Theme};

/// Adds all actions of the chaos, and of the start before it.
pub fn fill(plan: &mut Plan, rng: &mut StdRng) {
    let unit = plan.preset.timing().probe_interval;
    for host in (0..plan.hosts.len()).filter(|host| Some(*host) != plan.twin) {
        // Sometimes the seeds are the last to start.
        let is_late = plan.theme == Theme::Chaos && rng.random_ratio(1, 8);
        let after = unit.mul_f64(rng.random_range(0.0..if is_late { 20.0 } else { 2.0 }));
        plan.actions.push((after, Action::Start(host, Place::Same, Clock::Right)));
    }
    let mut weather = Weather { plan, rng, unit, next_fault: 0 };
    match weather.plan.theme {
        Theme::Chaos => weather.chaos(),
        Theme::LossAlone => weather.loss_alone(),
        Theme::Upgrade => weather.upgrade(),
        Theme::Quiet => {}
    }
    weather.life();
}

/// Adds applications that stand still for a while, in some runs. By a number of its own: whatever is drawn
/// here, everything else in the run of a seed stays.
pub fn stall(plan: &mut Plan) {
    let mut rng = StdRng::seed_from_u64(plan.seed ^ 0x7374_616c_6c00);
    if !matches!(plan.theme, Theme::Chaos | Theme::LossAlone) || rng.random_bool(0.5) {
        return;
    }
    let unit = plan.preset.timing().probe_interval;
    for _ in 0..rng.random_range(1..=2) {
        let host = rng.random_range(plan.members());
        let at = plan.calm_at.mul_f64(rng.random_range(0.1..0.8));
        let lasting = unit.mul_f64(rng.random_range(1.0..3.0 * f64::from(STALL_INTERVALS)));
        plan.actions.push((at, Action::Stall(host)));
        plan.actions.push((at + lasting, Action::Resume(host)));
    }
}

/// Adds hosts that datagrams do not reach for a while, and one that is never reached where it says it is,
/// in some runs. By a number of its own, as [`stall`].
pub fn misplace(plan: &mut Plan) {
    let mut rng = StdRng::seed_from_u64(plan.seed ^ 0x006d_6973_706c_6163);
    // The first two are the seeds.
    let host = rng.random_range(2..plan.member_count);
    match plan.theme {
        Theme::Chaos if rng.random_bool(0.3) => {
            let unit = plan.preset.timing().probe_interval;
            let first = plan.actions.iter().filter(|(_, action)| matches!(action, Action::Begin(..))).count();
            let at = plan.calm_at.mul_f64(rng.random_range(0.1..0.8));
            let end = (at + unit.mul_f64(rng.random_range(2.0..25.0))).min(plan.calm_at);
            let faults = [Fault::Deaf(host), Fault::Mute(host)];
            let chosen = [&faults[..1], &faults[1..], &faults[..]][rng.random_range(0..3)];
            for (number, fault) in chosen.iter().enumerate() {
                plan.actions.push((at, Action::Begin(first + number, fault.clone())));
                plan.actions.push((end, Action::End(first + number)));
            }
        }
        Theme::Quiet if rng.random_bool(0.5) => {
            let other = rng.random_range(0..2);
            let wrong = [Advertised::Nowhere, Advertised::Of(other)];
            plan.hosts[host].advertised = wrong[rng.random_range(0..2)];
        }
        _ => {}
    }
}

struct Weather<'a> {
    plan: &'a mut Plan,
    rng: &'a mut StdRng,
    unit: Duration,
    next_fault: usize,
}

impl Weather<'_> {
    fn chaos(&mut self) {
        for _ in 0..self.rng.random_range(2..8) {
            let fault = self.fault();
            let lasting = self.some(1.0..25.0);
            self.add_fault(fault, lasting);
        }
        for _ in 0..self.rng.random_range(1..2 + self.plan.member_count) {
            let host = self.host();
            match self.rng.random_range(0..10) {
                0..3 => self.freeze(host),
                3..8 => self.crash(host),
                _ => self.leave(host),
            }
        }
        if let Some(twin) = self.plan.twin {
            let at = self.moment();
            self.add(at, Action::Start(twin, Place::Same, Clock::Right));
        }
        for _ in 0..self.rng.random_range(0..6) {
            let (at, host) = (self.moment(), self.host());
            let is_garbage = self.rng.random_bool(0.5);
            self.add(at, if is_garbage { Action::Garbage(host) } else { Action::Replay(host) });
        }
    }

    fn loss_alone(&mut self) {
        let share = self.rng.random_range(0.05..=0.2);
        let fault = self.next_fault;
        self.add(Duration::ZERO, Action::Begin(fault, Fault::Loss(share)));
    }

    fn upgrade(&mut self) {
        let share = self.rng.random_range(0.0..0.1);
        let fault = self.next_fault;
        self.add(Duration::ZERO, Action::Begin(fault, Fault::Loss(share)));
        let step = (self.plan.calm_at - self.unit * 10) / (self.plan.member_count as u32 + 1);
        for host in self.plan.members() {
            let at = self.unit * 8 + step * host as u32;
            let gap = step.mul_f64(self.rng.random_range(0.1..0.8));
            let is_polite = self.rng.random_bool(0.5);
            self.add(at, if is_polite { Action::Leave(host) } else { Action::Crash(host, false) });
            let release = 3 - self.plan.hosts[host].protocol_version;
            self.add(at + gap, Action::Release(host, release));
            self.add(at + gap, Action::Start(host, Place::Same, Clock::Right));
        }
    }

    /// What goes on in any weather.
    fn life(&mut self) {
        for _ in 0..self.rng.random_range(2..12) {
            let (at, host) = (self.moment(), self.any_host());
            self.add(at, Action::Update(host));
        }
        for _ in 0..self.rng.random_range(1..8) {
            let (at, host) = (self.moment(), self.any_host());
            // Now and then more than one datagram takes.
            let count = if self.rng.random_ratio(1, 12) { 90 } else { self.rng.random_range(1..6) };
            self.add(at, Action::Broadcast(host, count));
        }
    }

    fn fault(&mut self) -> Fault {
        let host = self.host();
        match self.rng.random_range(0..11) {
            0..3 => Fault::Partition(self.half()),
            3 | 4 => {
                let other =
                    (host + self.rng.random_range(1..self.plan.member_count)) % self.plan.member_count;
                Fault::OneWay(host, other)
            }
            5 => Fault::Isolation(host),
            6 => Fault::Loss(self.rng.random_range(0.02..0.5)),
            7 => Fault::BadLink(host, self.rng.random_range(0.1..0.9)),
            8 => Fault::Delays(self.rng.random_range(0.05..0.4), self.unit.mul_f64(2.0)),
            9 => Fault::Duplicates(self.rng.random_range(0.05..0.5)),
            _ if self.rng.random_bool(0.3) => Fault::NoNames,
            _ => Fault::Damage(self.rng.random_range(0.01..0.2)),
        }
    }

    fn half(&mut self) -> BTreeSet<Host> {
        let count = self.plan.hosts.len();
        (0..count).filter(|_| self.rng.random_bool(0.5)).collect()
    }

    fn freeze(&mut self, host: Host) {
        let (at, lasting) = (self.moment(), self.some(0.5..15.0));
        self.add(at, Action::Freeze(host));
        self.add(at + lasting, Action::Thaw(host));
    }

    fn crash(&mut self, host: Host) {
        let (at, is_off) = (self.moment(), self.rng.random_bool(0.4));
        self.add(at, Action::Crash(host, is_off));
        self.come_back(host, at);
    }

    fn leave(&mut self, host: Host) {
        let at = self.moment();
        self.add(at, Action::Leave(host));
        self.come_back(host, at);
    }

    fn come_back(&mut self, host: Host, gone_at: Duration) {
        let gap = match self.rng.random_range(0..3) {
            0 => Duration::from_millis(self.rng.random_range(20..900)),
            1 => self.some(0.5..5.0),
            _ => self.some(5.0..30.0),
        };
        // A seed that is given by its address has to stay there.
        let may_move = self.plan.has_names || host >= 2;
        let place = match self.rng.random_range(0..10) {
            0 | 1 if may_move => Place::New,
            2 if may_move => Place::Of(self.host()),
            _ => Place::Same,
        };
        let clock = match self.rng.random_range(0..10) {
            0 | 1 => Clock::Back(self.rng.random_range(1..100_000)),
            _ => Clock::Right,
        };
        if self.rng.random_ratio(1, 5) {
            let protocol_version = self.rng.random_range(1..=2);
            self.add(gone_at + gap, Action::Release(host, protocol_version));
        }
        self.add(gone_at + gap, Action::Start(host, place, clock));
    }

    fn add_fault(&mut self, fault: Fault, lasting: Duration) {
        let (at, number) = (self.moment(), self.next_fault);
        self.next_fault += 1;
        self.add(at, Action::Begin(number, fault));
        self.add(at + lasting, Action::End(number));
    }

    /// All faults end with the chaos, whatever they were planned for.
    fn add(&mut self, at: Duration, action: Action) {
        if at < self.plan.calm_at {
            self.plan.actions.push((at, action));
        }
    }

    fn moment(&mut self) -> Duration {
        let (first, last) = (self.unit * 6, self.plan.calm_at - self.unit);
        first + (last - first).mul_f64(self.rng.random_range(0.0..1.0))
    }

    fn some(&mut self, units: std::ops::Range<f64>) -> Duration {
        self.unit.mul_f64(self.rng.random_range(units))
    }

    fn host(&mut self) -> Host {
        self.rng.random_range(self.plan.members())
    }

    fn any_host(&mut self) -> Host {
        self.rng.random_range(0..self.plan.hosts.len())
    }
}

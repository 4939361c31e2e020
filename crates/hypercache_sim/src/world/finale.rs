//! The end of a run: all faults end, and what has to be true then is looked at.

use std::time::Duration;

use hypercache_gossip::Status;
use rand::RngExt;

use super::state::World;
use crate::checkers::agreement;
use crate::history::{Pid, Snapshot};
use crate::plan::{Action, Clock, Host, Place, Theme};

impl World {
    /// Whether a message that is sent now has to come to everybody.
    pub(super) fn must_reach(&self) -> bool {
        self.is_calm || self.plan.theme == Theme::LossAlone
    }

    pub(super) fn finale(&mut self) {
        self.calm_down();
        let began = self.now;
        let agreed_at = self.wait_for_agreement(self.plan.preset.healing_max(self.plan.member_count));
        if let Some(at) = agreed_at {
            self.measures.convergence_ms.push((at - began).as_millis() as u64);
        }
        self.take_snapshot();
        self.is_calm = true;
        self.last_acts();
        self.take_snapshot();
    }

    fn calm_down(&mut self) {
        self.network.clear();
        for host in 0..self.hosts.len() {
            self.thaw(host);
            self.resume(host);
        }
        for host in 0..self.hosts.len() {
            if self.plan.away.contains(&host) {
                self.act(Action::Crash(host, true));
            } else {
                self.start(host, Place::Same, Clock::Right);
            }
        }
    }

    /// Runs on until members have agreed for a while. Answers when that began.
    fn wait_for_agreement(&mut self, most: Duration) -> Option<Duration> {
        let (began, step) = (self.now, self.plan.timing().probe_interval / 4);
        let long_enough = self.plan.timing().sync_interval * 2;
        let mut since = None;
        while self.now < began + most {
            self.run_until(self.now + step);
            let known = self.processes.values().filter(|process| process.is_joined);
            let known = known.map(|process| (process.pid, &process.known));
            let is_agreed = self.all_joined() && agreement::differences(&self.infos, known).is_empty();
            since = if is_agreed { since.or(Some(self.now)) } else { None };
            if since.is_some_and(|since| self.now - since >= long_enough) {
                break;
            }
        }
        since
    }

    fn all_joined(&self) -> bool {
        let mut running = self.hosts.iter().enumerate();
        running.all(|(host, state)| {
            let process = state.running.map(|pid| &self.processes[&pid]);
            self.plan.away.contains(&host) || process.is_some_and(|process| process.is_joined)
        })
    }

    fn take_snapshot(&mut self) {
        let joined = || self.processes.values().filter(|process| process.is_joined);
        let known = joined().map(|process| (process.pid, process.known.clone())).collect();
        let following = joined().map(|process| (process.pid, process.following())).collect();
        self.snapshots.push(Snapshot { at: self.now, known, following });
    }

    /// Messages to all, a change, a leave and a crash, with nothing else wrong.
    fn last_acts(&mut self) {
        let unit = self.plan.timing().probe_interval;
        if let Some(twin) = self.plan.twin
            && self.processes.values().any(|process| self.infos[process.pid].is_of(&self.plan.hosts[twin]))
        {
            self.start(twin, Place::Same, Clock::Right);
            self.run_for(self.plan.timing().sync_timeout);
        }
        for host in 0..self.hosts.len() {
            self.run_some(unit, 0.0..0.3);
            let count = self.rng.random_range(1..4);
            self.broadcast(host, count);
        }
        let changing = self.rng.random_range(0..self.plan.member_count);
        self.update(changing);
        if let (Some(leaving), _) = self.plan.last_acts {
            self.run_some(unit, 0.0..4.0);
            self.leave(leaving);
        }
        let Some(crashing) = self.plan.last_acts.1 else {
            self.wait_for_agreement(self.plan.preset.healing_max(self.plan.member_count));
            return;
        };
        self.run_some(unit, 2.0..6.0);
        self.crash_and_measure(crashing);
        self.wait_for_agreement(self.plan.timing().sync_interval * 4);
    }

    fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    fn run_some(&mut self, unit: Duration, units: std::ops::Range<f64>) {
        let units = self.rng.random_range(units);
        self.run_for(unit.mul_f64(units));
    }

    /// Waits until everybody knows of a crash, for as long as that may take.
    fn crash_and_measure(&mut self, host: Host) {
        let (began, first) = (self.now, self.entries.len());
        let is_off = self.rng.random_bool(0.5);
        let Some(victim) = self.hosts[host].running else { return };
        self.act(Action::Crash(host, is_off));
        let others: Vec<Pid> = self
            .processes
            .values()
            .filter(|other| self.infos[other.pid].cluster == 0)
            .map(|p| p.pid)
            .collect();
        let id = self.infos[victim].id.clone();
        let end = began + self.plan.preset.detection_max(others.len() + 1);
        let knows = |world: &Self, pid: &Pid| {
            // Who is leaving may be gone before.
            let member = world.processes.get(pid).map(|process| process.known.view.get(&id));
            member.is_none_or(|member| member.is_some_and(|member| member.status == Status::Dead))
        };
        while self.now < end && !others.iter().all(|pid| knows(self, pid)) {
            self.run_for(Duration::from_millis(20));
        }
        // It may have been suspected already.
        if self.plan.misplaced().any(|other| other == host) {
            return;
        }
        let times = crate::checkers::detection::times(&self.entries[first..], &id, &others);
        let times: Vec<u64> = times.into_iter().map(|at| (at - began).as_millis() as u64).collect();
        if times.len() == others.len() {
            self.measures.full_detection_ms.extend(times.iter().max());
        }
        self.measures.detection_ms.extend(times);
    }
}

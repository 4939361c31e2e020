//! How plans are made: of the seed alone, before anything runs.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use crate::plan::{Advertised, ClusterPlan, Host, HostPlan, Plan, Theme};
use crate::preset::Preset;
use crate::weather;

impl Plan {
    /// Makes the plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x0070_6c61_6e00);
        let theme = match rng.random_range(0..100) {
            0..66 => Theme::Chaos,
            66..80 => Theme::LossAlone,
            80..90 => Theme::Upgrade,
            _ => Theme::Quiet,
        };
        let preset = *[Preset::Local, Preset::Lan, Preset::Lan, Preset::Wan].choose(&mut rng).expect("some");
        let member_count = if rng.random_ratio(1, 40) { 20 } else { rng.random_range(3..=9) };
        let is_sealed = rng.random_bool(0.5);
        let clusters = clusters(&mut rng, is_sealed);
        let has_names = rng.random_bool(0.7);
        let hosts = hosts(&mut rng, theme, member_count, &clusters);
        let unit = preset.timing().probe_interval;
        // Short enough for members to be forgotten while they cannot be heard.
        let is_reaping = theme == Theme::Chaos && rng.random_bool(0.15);
        let reap_after = if is_reaping { unit * 40 } else { Duration::from_secs(86_400) };
        let mut plan = Self {
            seed,
            theme,
            preset,
            clusters,
            hosts,
            member_count,
            has_names,
            reap_after,
            actions: Vec::new(),
            calm_at: unit * rng.random_range(40..90),
            twin: None,
            away: BTreeSet::new(),
            last_acts: (None, None),
        };
        plan.choose_ends(&mut rng);
        if theme == Theme::Chaos && rng.random_bool(0.15) {
            plan.add_twin(&mut rng);
        }
        weather::fill(&mut plan, &mut rng);
        weather::stall(&mut plan);
        weather::misplace(&mut plan);
        plan.actions.sort_by_key(|(at, _)| *at);
        plan
    }

    /// A plan in which nothing happens but that so many members start, and at the end one leaves and one
    /// crashes: for whoever adds to it what is to happen. Hosts are numbered from 0; the first two are the
    /// seeds.
    pub fn quiet(seed: u64, preset: Preset, member_count: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x0071_7569_6574);
        let clusters = vec![ClusterPlan { name: "sim".into(), keys: vec![[1; 32]] }];
        let host = |number| HostPlan {
            cluster: 0,
            id: format!("n{number}"),
            protocol_version: 2,
            skew_ms: 0,
            seeds: vec![0, 1],
            advertised: Advertised::Right,
        };
        let unit = preset.timing().probe_interval;
        let mut plan = Self {
            seed,
            theme: Theme::Quiet,
            preset,
            clusters,
            hosts: (0..member_count).map(host).collect(),
            member_count,
            has_names: true,
            reap_after: preset.timing().reap_after,
            actions: Vec::new(),
            calm_at: unit * 10,
            twin: None,
            away: BTreeSet::new(),
            last_acts: (None, None),
        };
        plan.choose_ends(&mut rng);
        weather::fill(&mut plan, &mut rng);
        plan.actions.sort_by_key(|(at, _)| *at);
        plan
    }

    /// Somebody has copied a configuration.
    fn add_twin(&mut self, rng: &mut StdRng) {
        let original = rng.random_range(0..self.member_count);
        let twin = HostPlan { skew_ms: rng.random_range(-3_000..3_000), ..self.hosts[original].clone() };
        self.twin = Some(self.hosts.len());
        self.away.insert(self.hosts.len());
        self.hosts.push(twin);
    }

    fn choose_ends(&mut self, rng: &mut StdRng) {
        // The first two are the seeds: what needs them cannot be healed while they are away.
        let mut others: Vec<Host> = self.members().skip(2).collect();
        others.shuffle(rng);
        if self.member_count >= 5 && self.theme == Theme::Chaos && rng.random_bool(0.5) {
            self.away.extend(others.pop());
        }
        if self.member_count >= 4 {
            self.last_acts.0 = others.pop();
        }
        self.last_acts.1 = others.pop().filter(|_| self.member_count - self.away.len() >= 4);
    }
}

fn clusters(rng: &mut StdRng, is_sealed: bool) -> Vec<ClusterPlan> {
    let key = |number| if is_sealed { vec![[number; 32]] } else { Vec::new() };
    let mut clusters = vec![ClusterPlan { name: "sim".into(), keys: key(1) }];
    if rng.random_bool(0.25) {
        clusters.push(ClusterPlan { name: "other".into(), keys: key(1) });
    }
    if is_sealed && rng.random_bool(0.25) {
        clusters.push(ClusterPlan { name: "sim".into(), keys: key(2) });
    }
    clusters
}

fn hosts(rng: &mut StdRng, theme: Theme, member_count: usize, clusters: &[ClusterPlan]) -> Vec<HostPlan> {
    let mixed = rng.random_range(0..4);
    let mut hosts = Vec::new();
    for cluster in 0..clusters.len() {
        let first = hosts.len();
        let count = if cluster == 0 { member_count } else { rng.random_range(2..=3) };
        for number in 0..count {
            let protocol_version = match (theme, mixed) {
                // The others go back to an older release.
                (Theme::Upgrade, 0..2) | (Theme::Chaos | Theme::LossAlone | Theme::Quiet, 0) => 1,
                (Theme::Upgrade, _) => 2,
                (_, 1) => rng.random_range(1..=2),
                _ => 2,
            };
            let mut seeds = vec![first, first + 1];
            if cluster > 0 {
                // Somebody has mixed up two configurations.
                seeds.push(0);
            }
            hosts.push(HostPlan {
                cluster,
                id: format!("n{number}"),
                protocol_version,
                skew_ms: rng.random_range(-3_000..3_000),
                seeds,
                advertised: Advertised::Right,
            });
        }
    }
    if clusters.len() > 1 && rng.random_bool(0.5) {
        hosts[2].seeds.push(member_count);
    }
    hosts
}

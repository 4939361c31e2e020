//! What moves equals what a naive model says, through random changes of random rings.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::naive::{NaiveNode, NaiveRing};
use common::random::{Change, Maker, apply, seed};
use hypercache_core::{
    Movement, MovementCounts, NodeStatus, Plan, PlannedChange, RING_ARC, Ring, Snapshot, share_of,
};

const RINGS: usize = 150;
const CHANGES_PER_RING: usize = 8;

type Owner = Option<String>;
type Pair = (Owner, Owner);

/// A stretch that no point of either model divides, with the owners and the replicas of both.
struct Stretch {
    start: u64,
    end: u64,
    before: Vec<String>,
    after: Vec<String>,
}

impl Stretch {
    fn arc(&self) -> u128 {
        let arc = self.end.wrapping_sub(self.start);
        if arc == 0 { RING_ARC } else { u128::from(arc) }
    }

    fn pair(&self) -> Pair {
        (self.before.first().cloned(), self.after.first().cloned())
    }
}

/// The stretches from every token that one of the ends is made of to the next, in order of their ends.
fn stretches(models: [&NaiveRing; 2], is_end: impl Fn(&NaiveRing, &str) -> bool) -> Vec<Stretch> {
    let [before, after] = models;
    let mut ends = Vec::new();
    for model in models {
        ends.extend(model.points.iter().filter(|point| is_end(model, &point.id)).map(|point| point.token));
    }
    ends.sort_unstable();
    ends.dedup();
    let order = |model: &NaiveRing, token| -> Vec<String> {
        model.order(token).into_iter().map(|point| point.id.clone()).collect()
    };
    let starts = ends.iter().cycle().skip(ends.len().saturating_sub(1));
    let both = starts.zip(&ends);
    both.map(|(&start, &end)| Stretch { start, end, before: order(before, end), after: order(after, end) })
        .collect()
}

/// Neighbours with the same label joined, around the end of the ring too; those without a label left out.
fn joined<T: PartialEq + Clone>(
    stretches: &[Stretch],
    label: impl Fn(&Stretch) -> Option<T>,
) -> Vec<(u64, u64, T)> {
    let mut ranges: Vec<(u64, u64, T)> = Vec::new();
    for stretch in stretches {
        let Some(label) = label(stretch) else { continue };
        match ranges.last_mut() {
            Some(last) if last.1 == stretch.start && last.2 == label => last.1 = stretch.end,
            _ => ranges.push((stretch.start, stretch.end, label)),
        }
    }
    if let [first, .., last] = &mut ranges[..]
        && (last.1, &last.2) == (first.0, &first.2)
    {
        first.0 = last.0;
        ranges.pop();
    }
    ranges
}

fn text(id: &Option<Arc<str>>) -> Owner {
    id.as_ref().map(|id| id.to_string())
}

fn compare_moves(movement: &Movement, stretches: &[Stretch]) {
    let moved = |stretch: &Stretch| Some(stretch.pair()).filter(|(from, to)| from != to);
    let wanted = joined(stretches, moved);
    let found: Vec<_> = movement
        .ranges()
        .map(|range| (range.start, range.end, (text(&range.from), text(&range.to))))
        .collect();
    assert_eq!(found, wanted);

    let mut sums: BTreeMap<Pair, (u128, u32)> = BTreeMap::new();
    stretches.iter().filter_map(|stretch| Some((moved(stretch)?, stretch.arc()))).for_each(|(pair, arc)| {
        sums.entry(pair).or_default().0 += arc;
    });
    wanted.into_iter().for_each(|(.., pair)| sums.entry(pair).or_default().1 += 1);
    let found: BTreeMap<_, _> = movement
        .transfers()
        .map(|each| ((text(&each.from), text(&each.to)), (each.arc, each.range_count)))
        .collect();
    assert_eq!(found, sums);
    assert_eq!(movement.transfers().count(), sums.len());
    assert_eq!(movement.moved_arc(), sums.values().map(|(arc, _)| arc).sum());
    let largest: Vec<_> = movement.largest_transfers(2).iter().map(|transfer| transfer.arc).collect();
    let mut arcs: Vec<_> = sums.values().map(|(arc, _)| *arc).collect();
    arcs.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(largest.iter().sum::<u128>(), arcs.iter().take(2).sum());
}

/// Each stretch, with who must send it to whom, against the copies that cover it.
fn compare_copies(movement: &Movement, stretches: &[Stretch], after: &NaiveRing, count: usize) -> usize {
    let is_dead = |id: &String| {
        let is_dead = |node: &NaiveNode| node.spec.status == Some(NodeStatus::Dead);
        after.nodes.iter().any(|node| node.spec.id == *id && is_dead(node) && !after.is_routable(id))
    };
    let copies = movement.copies(count);
    let mut wanted_arc = 0;
    for stretch in stretches {
        let had = &stretch.before[..count.min(stretch.before.len())];
        let has = &stretch.after[..count.min(stretch.after.len())];
        let from = had.iter().find(|id| !is_dead(id)).cloned();
        let mut wanted: Vec<_> = has.iter().filter(|id| !had.contains(id)).cloned().collect();
        wanted_arc += stretch.arc() * wanted.len() as u128;
        let covers = |start: u64, end: u64| {
            start == end || stretch.end.wrapping_sub(start).wrapping_sub(1) < end.wrapping_sub(start)
        };
        let mut found: Vec<_> = copies
            .iter()
            .filter(|copy| covers(copy.start, copy.end))
            .map(|copy| {
                assert_eq!(text(&copy.from), from);
                text(&copy.to).expect("somebody receives")
            })
            .collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{:016x}", stretch.end);
    }
    let arc =
        |start: u64, end: u64| if start == end { RING_ARC } else { u128::from(end.wrapping_sub(start)) };
    assert_eq!(copies.iter().map(|copy| arc(copy.start, copy.end)).sum::<u128>(), wanted_arc);
    for (place, copy) in copies.iter().enumerate() {
        let continues = |other: &hypercache_core::MovedRange| {
            other.start == copy.end
                && other.start != other.end
                && (&other.from, &other.to) == (&copy.from, &copy.to)
        };
        let next = copies.iter().position(continues);
        assert!(next.is_none(), "copies {place} and {next:?} are neighbours that were not joined");
    }
    copies.len()
}

fn compare_keys(movement: &Movement, before: &NaiveRing, after: &NaiveRing, maker: &mut Maker) {
    let sides = [before, after];
    let tokens: Vec<_> = (0..40).map(|number| before.token(&maker.key(sides[number % 2]))).collect();
    let mut wanted: BTreeMap<Pair, u64> = BTreeMap::new();
    for &token in &tokens {
        let owner = |model: &NaiveRing| model.order(token).first().map(|point| point.id.clone());
        let (from, to) = (owner(before), owner(after));
        let change =
            movement.owner_change(token).map(|(from, to)| (text(&from.cloned()), text(&to.cloned())));
        assert_eq!(change, (from != to).then(|| (from.clone(), to.clone())));
        if from != to {
            *wanted.entry((from, to)).or_default() += 1;
        }
    }
    let mut counts = MovementCounts::default();
    movement.count(tokens[..7].iter().copied(), &mut counts);
    movement.count(tokens[7..].iter().copied(), &mut counts);
    let (key_count, moved) = movement.counted(&counts);
    let moved: BTreeMap<_, _> =
        moved.into_iter().map(|(each, count)| ((text(&each.from), text(&each.to)), count)).collect();
    assert_eq!((key_count, moved), (tokens.len() as u64, wanted));
}

fn compare_ownership(snapshot: &Snapshot, model: &NaiveRing) {
    let mut arcs: BTreeMap<String, (u128, u128)> = BTreeMap::new();
    arcs.extend(model.nodes.iter().map(|node| (node.spec.id.clone(), (0, 0))));
    // Where no node is routable, every point has a home all the same.
    for stretch in stretches([model, model], |_, _| true) {
        if let Some(owner) = stretch.before.first() {
            arcs.get_mut(owner).expect("a node").0 += stretch.arc();
        }
        let home = model.home(stretch.end).expect("a point ends here");
        arcs.get_mut(&home.id).expect("a node").1 += stretch.arc();
    }
    let found = snapshot.ownership();
    let largest = arcs.values().map(|(arc, _)| *arc).max().unwrap_or(0);
    assert_eq!(found.load_factor, share_of(largest) * arcs.len() as f64);
    let of_ids: BTreeMap<_, _> =
        found.nodes.iter().map(|node| (node.id.to_string(), (node.arc, node.home_arc))).collect();
    assert_eq!(of_ids, arcs);
    let is_routed = snapshot.owner(0).is_some();
    assert_eq!(found.nodes.iter().map(|node| node.arc).sum::<u128>(), if is_routed { RING_ARC } else { 0 });
    let fair: f64 = found.nodes.iter().map(|node| node.fair_share).sum();
    assert!((fair - f64::from(u8::from(is_routed))).abs() < 1e-9, "{fair}");
}

/// The same change as a plan.
fn planned(change: &Change) -> Option<PlannedChange> {
    let none = PlannedChange::default();
    match change.clone() {
        Change::Add(add) => Some(PlannedChange { add, ..none }).filter(|plan| !plan.add.is_empty()),
        Change::Remove(remove) => {
            Some(PlannedChange { remove, ..none }).filter(|plan| !plan.remove.is_empty())
        }
        Change::Update(id, change) => Some(PlannedChange { update: vec![(id, change)], ..none }),
        Change::Set(nodes) => Some(PlannedChange { set: Some(nodes), ..none }),
        Change::Load(..) => None,
    }
}

/// A plan moves what the change moves, leaves the ring alone, and makes the same ring.
fn compare_plan(ring: &Ring, plan: &Plan, movement: &Movement, before: &Arc<Snapshot>, after: &Snapshot) {
    assert!(Arc::ptr_eq(&ring.snapshot(), before), "a plan left a trace");
    let ranges = |movement: &Movement| movement.ranges().collect::<Vec<_>>();
    assert_eq!(ranges(plan.movement()), ranges(movement));
    assert_eq!(plan.movement().ideal_share(), movement.ideal_share());
    ring.apply(plan, 0.0).expect("nothing has changed since");
    assert_eq!(ring.snapshot().checksum(), after.checksum());
    assert_eq!(ring.apply(plan, 0.0).expect_err("twice").code(), "ERR_HYPERCACHE_PLAN_APPLIED");
}

#[test]
fn movement_equals_the_naive_model() {
    let mut maker = Maker::new(seed("movement_model"));
    let (mut moves, mut copy_count, mut plans, mut nobody) = (0, 0, 0, 0);
    for _ in 0..RINGS {
        let mut model = maker.model();
        model.virtual_node_count = model.virtual_node_count.min(24);
        let make =
            |model: &NaiveRing| Ring::new(Maker::options(model), Vec::new(), 0.0).expect("an empty ring");
        let (ring, twin) = (make(&model), make(&model));
        let ids = maker.random.usize(0..7);
        let ids = maker.unknown(&model, ids);
        let mut change = Change::Add(maker.specs(&ids));
        for _ in 0..CHANGES_PER_RING {
            let (before, old) = (ring.snapshot(), model.clone());
            let plan = planned(&change).map(|plan| twin.plan(plan, 0.0).expect("a legal change"));
            apply(&ring, change.clone(), 0.0).expect("a legal change");
            model.apply(change.clone(), 0.0);
            let after = ring.snapshot();
            let movement = Movement::new(before, after.clone()).expect("one hash function");
            let stretches = stretches([&old, &model], NaiveRing::is_routable);
            compare_moves(&movement, &stretches);
            compare_keys(&movement, &old, &model, &mut maker);
            compare_ownership(&after, &model);
            copy_count += compare_copies(&movement, &stretches, &model, 1 + maker.random.usize(..5));
            match plan {
                Some(plan) => {
                    compare_plan(&twin, &plan, &movement, plan.movement().before(), &after);
                    plans += 1;
                }
                None => apply(&twin, change.clone(), 0.0).expect("a legal change"),
            }
            moves += movement.ranges().count();
            nobody += usize::from(movement.transfers().any(|each| each.from.is_none() || each.to.is_none()));
            change = maker.change(&model);
        }
    }
    println!("{moves} ranges moved, {copy_count} copies, {plans} plans, {nobody} changes from or to nobody");
    assert!(moves > 1_000 && copy_count > 1_000 && plans > 300 && nobody > 5);
}

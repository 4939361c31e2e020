//! The time of the engine, which stands still while the process does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::identity::Identity;

/// Later than this after it was asked for, a wake-up means that the process was stopped, or starved.
const LATE_MAX: Duration = Duration::from_millis(250);

/// Something that is to happen at a time.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// A timer of foca.
    Foca(foca::Timer<Identity>),
    /// Compare what is known with some live member.
    AntiEntropy,
    /// Ask a dead member, or a seed that has not answered, whether it is there.
    ContactDead,
    /// Ask a seed.
    RetrySeed(usize),
    /// Ask a member that is suspected whether it is there.
    VerifySuspect(String),
    /// Hear what is said of this member, which datagrams do not tell it.
    ReachOut,
    /// Tell the others which ring this member has.
    SpreadRing,
    /// Begin another generation after a death.
    Rejoin,
    /// The leave has taken long enough.
    EndLeave,
}

#[derive(PartialEq, Eq)]
struct Entry {
    at: Duration,
    number: u64,
    task: Task,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Of timers that are due together foca wants its own in an order of its own.
        let by_task = match (&self.task, &other.task) {
            (Task::Foca(ours), Task::Foca(theirs)) => ours.cmp(theirs),
            _ => std::cmp::Ordering::Equal,
        };
        self.at.cmp(&other.at).then(by_task).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Tasks in the order of their times.
///
/// A process that was stopped for ten seconds has heard nothing for ten seconds: were its timers to run on,
/// it would declare dead whoever it suspected, with the proof of life unread in its sockets. So the engine's
/// time goes on by no more than until the next task was due, and a little.
#[derive(Default)]
pub struct Schedule {
    heap: BinaryHeap<Reverse<Entry>>,
    /// Time of the engine.
    time: Duration,
    /// Time of the driver when the engine heard it last.
    driver_time: Duration,
    next_number: u64,
    /// How much time it has left out.
    stopped: Duration,
}

impl Schedule {
    /// The engine's time.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// How long the process was stopped, in all.
    pub fn stopped(&self) -> Duration {
        self.stopped
    }

    /// Hears what time it is for the driver. Time that goes back stands still.
    pub fn advance_to(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.driver_time);
        self.driver_time = self.driver_time.max(now);
        let expected = self.heap.peek().map_or(passed, |Reverse(next)| next.at.saturating_sub(self.time));
        let counted = passed.min(expected.saturating_add(LATE_MAX));
        self.stopped += passed - counted;
        self.time = self.time.saturating_add(counted);
    }

    /// Has a task come due after a while.
    pub fn add(&mut self, after: Duration, task: Task) {
        self.next_number += 1;
        self.heap.push(Reverse(Entry {
            at: self.time.saturating_add(after),
            number: self.next_number,
            task,
        }));
    }

    /// Takes a task that is due.
    pub fn due(&mut self) -> Option<Task> {
        if self.heap.peek()?.0.at > self.time {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry.task)
    }

    /// When, by the driver's time, the next task is due.
    pub fn next(&self) -> Option<Duration> {
        self.heap
            .peek()
            .map(|Reverse(entry)| self.driver_time.saturating_add(entry.at.saturating_sub(self.time)))
    }

    /// Forgets all tasks.
    pub fn clear(&mut self) {
        self.heap.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn tasks_come_due_in_their_order() {
        let mut schedule = Schedule::default();
        schedule.add(2 * SECOND, Task::ContactDead);
        schedule.add(SECOND, Task::AntiEntropy);
        schedule.advance_to(SECOND / 2);
        assert_eq!(schedule.due(), None);
        assert_eq!(schedule.next(), Some(SECOND));
        schedule.advance_to(SECOND);
        assert_eq!(schedule.due(), Some(Task::AntiEntropy));
        schedule.advance_to(2 * SECOND);
        assert_eq!(schedule.due(), Some(Task::ContactDead));
        assert_eq!((schedule.due(), schedule.next()), (None, None));
    }

    #[test]
    fn time_stands_still_while_the_process_is_stopped() {
        let mut schedule = Schedule::default();
        schedule.add(SECOND, Task::AntiEntropy);
        schedule.add(5 * SECOND, Task::ContactDead);
        schedule.advance_to(60 * SECOND);
        assert_eq!(schedule.due(), Some(Task::AntiEntropy));
        assert_eq!(schedule.due(), None, "five seconds have not passed for the engine");
        assert_eq!(schedule.next(), Some(60 * SECOND + 4 * SECOND - LATE_MAX));
        assert_eq!(schedule.stopped(), 59 * SECOND - LATE_MAX);
    }

    #[test]
    fn a_clock_at_its_end_does_no_harm() {
        let mut schedule = Schedule::default();
        schedule.advance_to(Duration::MAX);
        schedule.add(SECOND, Task::AntiEntropy);
        schedule.advance_to(Duration::MAX);
        assert_eq!(schedule.next(), Some(Duration::MAX));
        let mut schedule = Schedule::default();
        schedule.add(SECOND, Task::AntiEntropy);
        schedule.advance_to(Duration::MAX);
        assert_eq!(schedule.due(), Some(Task::AntiEntropy));
        schedule.add(SECOND, Task::ContactDead);
        assert_eq!(schedule.next(), Some(Duration::MAX));
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let mut schedule = Schedule::default();
        schedule.advance_to(10 * SECOND);
        schedule.add(SECOND, Task::AntiEntropy);
        schedule.advance_to(2 * SECOND);
        assert_eq!(schedule.due(), None);
        schedule.advance_to(11 * SECOND);
        assert_eq!(schedule.due(), Some(Task::AntiEntropy));
    }
}

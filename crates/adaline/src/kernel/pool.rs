//! Threads that spin before they sleep.
//!
//! Between the layers of a small network lie microseconds; waking a sleeping thread costs more than that. So a worker
//! that has run out of work looks for more for about 50 µs before it parks. Tasks are numbered, and each thread begins with
//! its own share of them: from step to step the same thread has the same part of a buffer, which is still in its cache. When
//! it is through it helps the others. Who runs which task is left to chance, then; no result depends on it, since a task's
//! output is its own and no sum is shared.
//!
//! Nobody waits for a thread that has not come: workers enter through a door, which the caller shuts when no task is left to
//! take. A worker that the machine keeps from running, because others want its core, finds the door shut and costs nothing.

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, Thread};

type Task<'a> = dyn Fn(usize) + Sync + 'a;

/// Looks of a waiting worker before it parks; measured at some 20 ns each with the pause instruction.
const SPINS: usize = 2_500;

/// A fixed set of threads; the caller's is one of them. Not `Sync`: one job at a time.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<State>,
    workers: Vec<JoinHandle<()>>,
    handles: Vec<Thread>,
    one_caller: PhantomData<Cell<()>>,
}

struct State {
    /// Goes up by one with every job.
    job: AtomicUsize,
    /// Whether a worker may join the job, and how many have.
    door: Door,
    /// The job's task. Valid while the door is open or a worker is inside.
    task: UnsafeCell<Option<&'static Task<'static>>>,
    tasks: AtomicUsize,
    /// The next task of each thread's share, the caller's first.
    next: Box<[Alone]>,
    asleep: Box<[AtomicBool]>,
    stop: AtomicBool,
    panicked: AtomicBool,
    spins: usize,
}

/// A counter with a cache line, and the one that is fetched along with it, to itself.
#[derive(Default)]
#[repr(align(128))]
struct Alone(AtomicUsize);

/// Open, or shut to those who come late; and how many workers are inside.
struct Door(AtomicUsize);

impl Door {
    const SHUT: usize = 1;
    const WORKER: usize = 2;

    /// Nobody may be inside. What was written before is seen by those who enter.
    fn open(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Whether it was open.
    fn enter(&self) -> bool {
        let one_more = |state| (state & Self::SHUT == 0).then_some(state + Self::WORKER);
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_more).is_ok()
    }

    fn leave(&self) {
        self.0.fetch_sub(Self::WORKER, Ordering::Release);
    }

    /// Returns when everybody has left. After so many looks it lends its core to others between them.
    fn shut(&self, spins: usize) {
        self.0.fetch_or(Self::SHUT, Ordering::Relaxed);
        let mut looks = 0usize;
        while self.0.load(Ordering::Acquire) != Self::SHUT {
            looks += 1;
            if looks > spins {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

// SAFETY: `task` is written only by the caller while the door is shut and nobody is inside, and read only by workers inside.
unsafe impl Sync for State {}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("jobs", &self.job).finish_non_exhaustive()
    }
}

impl Pool {
    /// `threads` counts the caller; one means that no thread is started. If the machine refuses a thread, there are
    /// fewer, and never more than four a core (or sixteen).
    pub(crate) fn new(threads: usize) -> Self {
        Self::of(threads, work)
    }

    /// The same with what a worker does: the state, and the number of the worker.
    fn of(threads: usize, work: fn(&State, usize)) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        // Any number may be asked for; far beyond the cores, threads only wait for one another.
        let workers = threads.saturating_sub(1).min((4 * cores).max(16));
        let shared = Arc::new(State {
            job: AtomicUsize::new(0),
            task: UnsafeCell::new(None),
            tasks: AtomicUsize::new(0),
            next: (0..=workers).map(|_| Alone::default()).collect(),
            door: Door(AtomicUsize::new(Door::SHUT)),
            asleep: (0..workers).map(|_| AtomicBool::new(false)).collect(),
            stop: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            // A thread that spins while another one needs its core helps nobody.
            spins: if threads > cores { 0 } else { SPINS },
        });
        let workers: Vec<_> = (0..workers)
            .map_while(|index| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name(format!("adaline-{}", index + 1))
                    .spawn(move || work(&shared, index))
                    .ok()
            })
            .collect();
        let handles = workers.iter().map(|worker| worker.thread().clone()).collect();
        Pool { shared, workers, handles, one_caller: PhantomData }
    }

    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `task(0)`, …, `task(tasks - 1)`, and returns when all are done.
    pub(crate) fn run(&self, tasks: usize, task: &Task<'_>) {
        if tasks <= 1 || self.workers.is_empty() {
            for index in 0..tasks {
                task(index);
            }
            return;
        }
        let state = &*self.shared;
        // SAFETY: only the lifetime changes. The reference is used by workers inside alone, and this function does not
        // return, by a panic neither, before the door is shut and everybody has left. So it is now, and writing is
        // exclusive.
        unsafe {
            *state.task.get() = Some(std::mem::transmute::<&Task<'_>, &'static Task<'static>>(task));
        }
        state.tasks.store(tasks, Ordering::Relaxed);
        for (thread, next) in state.next.iter().enumerate() {
            next.0.store(state.share(thread, tasks), Ordering::Relaxed);
        }
        state.door.open();
        // SeqCst here and in `work`: either the worker sees the new job, or we see that it is asleep.
        state.job.fetch_add(1, Ordering::SeqCst);
        for (asleep, handle) in state.asleep.iter().zip(&self.handles) {
            if asleep.load(Ordering::SeqCst) {
                handle.unpark();
            }
        }
        let own = catch_unwind(AssertUnwindSafe(|| state.drain(0, task)));
        state.door.shut(state.spins);
        let others_panicked = state.panicked.swap(false, Ordering::Relaxed);
        if let Err(panic) = own {
            std::panic::resume_unwind(panic);
        }
        assert!(!others_panicked, "a task of the thread pool panicked");
    }
}

impl State {
    /// Where a thread's share of so many tasks begins.
    fn share(&self, thread: usize, tasks: usize) -> usize {
        tasks * thread / self.next.len()
    }

    /// Takes tasks until none is left, the thread's own ones first.
    fn drain(&self, me: usize, task: &Task<'_>) {
        let (tasks, threads) = (self.tasks.load(Ordering::Relaxed), self.next.len());
        for thread in (me..threads).chain(0..me) {
            let end = self.share(thread + 1, tasks);
            loop {
                let index = self.next[thread].0.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    break;
                }
                task(index);
            }
        }
    }
}

fn work(state: &State, me: usize) {
    let mut seen = 0;
    loop {
        let mut looks = 0usize;
        while state.job.load(Ordering::SeqCst) == seen {
            looks += 1;
            if looks <= state.spins {
                std::hint::spin_loop();
                continue;
            }
            state.asleep[me].store(true, Ordering::SeqCst);
            while state.job.load(Ordering::SeqCst) == seen {
                std::thread::park();
            }
            state.asleep[me].store(false, Ordering::SeqCst);
        }
        // Jobs that went by meanwhile are done.
        seen = state.job.load(Ordering::SeqCst);
        if state.stop.load(Ordering::Acquire) {
            return;
        }
        if !state.door.enter() {
            continue;
        }
        // SAFETY: this worker is inside, so the task is there until it leaves.
        if let Some(task) = unsafe { *state.task.get() }
            && catch_unwind(AssertUnwindSafe(|| state.drain(me + 1, task))).is_err()
        {
            state.panicked.store(true, Ordering::Relaxed);
        }
        state.door.leave();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.job.fetch_add(1, Ordering::SeqCst);
        for (worker, handle) in self.workers.drain(..).zip(&self.handles) {
            handle.unpark();
            // A worker catches the panics of its tasks, so joining cannot fail.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_whatever_the_threads() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for tasks in [0, 1, 2, 7, 100] {
                let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                for _ in 0..50 {
                    pool.run(tasks, &|i| {
                        counts[i].fetch_add(1, Ordering::Relaxed);
                    });
                }
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 50));
            }
        }
    }

    #[test]
    fn a_worker_that_slept_wakes_up() {
        let pool = Pool::new(2);
        for _ in 0..5 {
            std::thread::sleep(std::time::Duration::from_millis(3));
            let count = AtomicUsize::new(0);
            pool.run(4, &|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(count.into_inner(), 4);
        }
    }

    #[test]
    fn the_caller_does_not_wait_for_workers_that_do_not_come() {
        let absent = |state: &State, _| {
            while !state.stop.load(Ordering::Acquire) {
                std::thread::park();
            }
        };
        let pool = Pool::of(3, absent);
        let count = AtomicUsize::new(0);
        for _ in 0..10 {
            pool.run(7, &|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
        assert_eq!(count.into_inner(), 70);
    }

    #[test]
    fn who_comes_late_is_not_let_in_and_who_is_inside_is_waited_for() {
        let door = Door(AtomicUsize::new(Door::SHUT));
        assert!(!door.enter());
        door.open();
        assert!(door.enter() && door.enter());
        let left = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    left.fetch_add(1, Ordering::Relaxed);
                    door.leave();
                });
            }
            door.shut(0);
            assert_eq!(left.load(Ordering::Relaxed), 2);
        });
        assert!(!door.enter());
    }

    #[test]
    fn a_panic_in_a_task_comes_out_and_leaves_the_pool_usable() {
        let pool = Pool::new(2);
        assert_eq!(pool.threads(), 2);
        // One task, and one of each thread: the two wait for each other, so that neither takes both.
        let both = std::sync::Barrier::new(2);
        let tasks: [&Task<'_>; 2] = [&|i| assert!(i != 5), &|i| {
            both.wait();
            panic!("task {i}");
        }];
        for (task, tasks) in tasks.into_iter().zip([8, 2]) {
            let result = catch_unwind(AssertUnwindSafe(|| pool.run(tasks, task)));
            assert!(result.is_err());
            let count = AtomicUsize::new(0);
            pool.run(8, &|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(count.into_inner(), 8);
        }
    }
}

//! The list of what a chain does in a step, and what goes through it.
//!
//! Everything lies at fixed places of a few buffers. How far a pass reaches for the largest batch is found when the list is
//! made; a step compares that with the buffers it is given, once, and the passes run unchecked.

use super::columns::{Columns, Sums};
use super::place::{BASES, Base, Bases, Place};
use crate::Activation;
use crate::kernel::Work;
use crate::kernel::activation::{Map, UseMap, with_map};
use crate::kernel::buffer::round_up;
use crate::kernel::elementwise::TimesSlope;
use crate::kernel::panels::{panel_index, panels_len};
use crate::kernel::simd::{LANES, Simd};

/// One thing to do with the rows of a batch.
#[derive(Debug)]
pub(super) enum Pass {
    Columns(Columns),
    Sums(Sums),
    /// f of every value, of whole lines.
    Activate {
        activation: Activation,
        values: Place,
        width: usize,
    },
    /// dz ← dz · f′ of whole lines, where y came out of f.
    TimesSlope {
        activation: Activation,
        y: Place,
        dz: Place,
        width: usize,
    },
    /// The transposed weight in panels, from the weight. Lanes that are no input stay as they are.
    Turn(Turn),
    /// The gradient of the weight from the transposed one. Lanes that are no output stay as they are.
    TurnBack(Turn),
}

/// A weight of inputs × outputs in panels, and the transposed one.
#[derive(Debug)]
pub(super) struct Turn {
    pub inputs: usize,
    pub outputs: usize,
    pub straight: Place,
    pub turned: Place,
}

impl Pass {
    /// Calls `touch` with every place that is read or written for a batch of so many rows, and how many values there are.
    fn reach(&self, rows: usize, mut touch: impl FnMut(Place, usize)) {
        match *self {
            Pass::Columns(ref columns) => columns.reach(rows, touch),
            Pass::Sums(ref sums) => sums.reach(rows, touch),
            Pass::Activate { values, width, .. } => touch(values, round_up(rows * width)),
            Pass::TimesSlope { y, dz, width, .. } => {
                touch(y, round_up(rows * width));
                touch(dz, round_up(rows * width));
            }
            Pass::Turn(Turn { inputs, outputs, straight, turned })
            | Pass::TurnBack(Turn { inputs, outputs, straight, turned }) => {
                touch(straight, panels_len(inputs, outputs));
                touch(turned, panels_len(outputs, inputs));
            }
        }
    }

    /// Whether it writes where it may, and reads the batch only in what reads single values: behind its rows there is no room.
    fn is_well_wired(&self) -> bool {
        let may_be_written = |place: Place| matches!(place.base, Base::Arena | Base::Grads);
        let has_room = |place: Place| !matches!(place.base, Base::Batch);
        match *self {
            Pass::Columns(Columns { b, start, out, sums_of_b, .. }) => {
                has_room(b) && has_room(start) && may_be_written(out) && sums_of_b.is_none_or(may_be_written)
            }
            Pass::Sums(Sums { of, to, .. }) => has_room(of) && may_be_written(to),
            Pass::Activate { values, .. } => may_be_written(values),
            Pass::TimesSlope { y, dz, .. } => has_room(y) && may_be_written(dz),
            Pass::Turn(Turn { straight, turned, .. }) => has_room(straight) && may_be_written(turned),
            Pass::TurnBack(Turn { straight, turned, .. }) => may_be_written(straight) && has_room(turned),
        }
    }
}

/// The passes of one direction.
#[derive(Debug)]
pub(super) struct Passes {
    passes: Vec<Pass>,
    /// Rows that a batch may have.
    rows: usize,
    /// How long each buffer is at least for them, by [`Base`]; of the batch, for one row.
    lens: [usize; BASES],
}

impl Passes {
    pub(super) fn new(passes: Vec<Pass>, rows: usize, inputs: usize) -> Self {
        let mut lens = [0; BASES];
        for pass in &passes {
            assert!(pass.is_well_wired(), "a chain reads and writes where it may");
            // What is reached grows evenly with the rows: where it is no more than those of the batch for one and for the
            // most, it is so for all between.
            for rows in [1, rows] {
                pass.reach(rows, |place, len| {
                    let (reached, len) = (&mut lens[place.base as usize], place.at + len);
                    match place.base {
                        Base::Batch => {
                            assert!(len <= rows * inputs, "behind the rows of a batch there is no room");
                            *reached = inputs;
                        }
                        _ => *reached = (*reached).max(len),
                    }
                });
            }
        }
        Passes { passes, rows, lens }
    }

    pub(super) fn bytes(&self) -> usize {
        self.passes.capacity() * size_of::<Pass>()
    }

    /// The work of a step.
    #[inline(always)]
    pub(super) fn on<'a>(&'a self, rows: usize, bases: Bases<'a>) -> impl Work<Output = ()> + 'a {
        Step { passes: self, rows, bases }
    }
}

struct Step<'a> {
    passes: &'a Passes,
    rows: usize,
    bases: Bases<'a>,
}

impl Work for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Step { passes: Passes { passes, rows: most, lens }, rows, ref bases } = self;
        assert!(rows <= *most, "more rows than the chain was made for");
        let has = |base: Base, times: usize| bases.lens[base as usize] >= times * lens[base as usize];
        let has_all = has(Base::Batch, rows)
            && [Base::Params, Base::Arena, Base::Grads, Base::Zeroes].iter().all(|&base| has(base, 1));
        assert!(has_all, "too short for a chain");
        // The products are in line, since there is one place for all of them. The activations are not: what each prepares
        // before its loop would be done at the start of a step, for all of them.
        for pass in passes {
            // SAFETY: for a batch of the most rows no pass reaches behind a buffer's end, and for fewer rows none reaches
            // further; of the batch they read rows alone. What becomes a slice lies apart from what becomes another: a chain
            // runs only where its places do.
            unsafe {
                match *pass {
                    Pass::Columns(ref columns) => columns.run(s, rows, bases),
                    Pass::Sums(ref sums) => sums.run(s, rows, bases),
                    Pass::Activate { activation, values, width } => {
                        let values = std::slice::from_raw_parts_mut(values.of(bases), round_up(rows * width));
                        s.apart(Activate { activation, values });
                    }
                    Pass::TimesSlope { activation, y, dz, width } => {
                        let len = round_up(rows * width);
                        let seen = std::slice::from_raw_parts(y.of(bases), len);
                        let d = std::slice::from_raw_parts_mut(dz.of(bases), len);
                        s.apart(TimesSlope { activation, seen, d });
                    }
                    Pass::Turn(ref turn) => turn.turn(bases),
                    Pass::TurnBack(ref turn) => turn.turn_back(bases),
                }
            }
        }
    }
}

impl Turn {
    /// # Safety
    /// Both are as long as [`Pass::reach`] says; so below.
    #[inline(never)]
    unsafe fn turn(&self, bases: &Bases<'_>) {
        let (straight, turned) = (self.straight.of(bases), self.turned.of(bases));
        self.each_column(|at, turned_at, len| {
            for k in 0..len {
                // SAFETY: inside the panels of the weight and of the transposed weight.
                unsafe { *turned.add(turned_at + k) = *straight.add(at + k * LANES) };
            }
        });
    }

    /// # Safety
    /// As [`Turn::turn`].
    #[inline(never)]
    unsafe fn turn_back(&self, bases: &Bases<'_>) {
        let (straight, turned) = (self.straight.of(bases), self.turned.of(bases));
        self.each_column(|at, turned_at, len| {
            for k in 0..len {
                // SAFETY: inside the panels of the weight and of the transposed weight.
                unsafe { *straight.add(at + k * LANES) = *turned.add(turned_at + k) };
            }
        });
    }

    /// Up to sixteen values of a column of the weight after the other: where the first one lies in the weight, from where
    /// they are sixteen apart, and in the transposed weight, from where they are side by side, and how many they are.
    #[inline(always)]
    fn each_column(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Turn { inputs, outputs, .. } = *self;
        for column in 0..outputs {
            let (mut at, mut turned_at, mut left) = (panel_index(inputs, 0, column), column * LANES, inputs);
            while left > LANES {
                visit(at, turned_at, LANES);
                (at, turned_at, left) = (at + LANES * LANES, turned_at + outputs * LANES, left - LANES);
            }
            visit(at, turned_at, left);
        }
    }
}

struct Activate<'a> {
    activation: Activation,
    values: &'a mut [f32],
}

impl Work for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        struct InPlace<'a, S>(S, &'a mut [f32]);
        impl<S: Simd> UseMap for InPlace<'_, S> {
            #[inline(always)]
            fn with<M: Map>(self, map: M) {
                let InPlace(s, values) = self;
                for values in values.as_chunks_mut().0 {
                    let v = map.apply(s, s.load(values));
                    s.store(values, v);
                }
            }
        }
        with_map(self.activation, InPlace(s, self.values));
    }
}

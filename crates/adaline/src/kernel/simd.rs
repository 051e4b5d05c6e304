//! Sixteen f32 side by side, on each instruction set.
//!
//! A value of a type that implements [`Arithmetic`] is a proof that the machine has the instructions: it can be made only by
//! asking. All operations are `inline(always)`, so that they end up inside the one function that enables the instructions.
//! Comparisons and `max` treat NaN as the x86 instructions do: `max(a, b)` is b when either is NaN.

use super::Work;

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

/// Lanes of a vector, on every machine.
pub(crate) const LANES: usize = 16;

/// The bits of √½. A number's bits less these, in whole powers of two, are the exponent n for which the number is 2ⁿ · m with m
/// between √½ and √2.
const SQRT_HALF_BITS: i32 = 0x3f35_04f3;

/// For j from 0 to 7 the bits of 2^(j/8) behind its exponent, less the j · 2²⁰ that [`Arithmetic::pow2_of_eighths`] brings
/// along.
const EIGHTHS: [i32; 8] = {
    let mut table = [0; 8];
    let powers: [f32; 8] =
        [1.0, 1.090_507_7, 1.189_207_1, 1.296_839_6, std::f32::consts::SQRT_2, 1.542_210_8, 1.681_792_9, 1.834_008_1];
    let mut j = 0;
    while j < 8 {
        table[j] = (powers[j].to_bits() as i32 & 0x007f_ffff) - ((j as i32) << 20);
        j += 1;
    }
    table
};

/// Entries that [`Arithmetic::pick`] can choose from: three vectors of AVX2.
pub(super) const ENTRIES: usize = 24;

/// A table for [`Arithmetic::pick`].
pub(super) type Table = [f32; 2 * LANES];

/// Arithmetic lane by lane, on however many lanes.
pub(crate) trait Arithmetic: Copy {
    /// The lanes.
    type V: Copy;
    /// How many they are.
    const LANES: usize;

    /// Values from memory, no alignment needed.
    ///
    /// # Safety
    /// `from` must be readable for so many f32 as there are lanes.
    unsafe fn load_from(self, from: *const f32) -> Self::V;
    /// Values to memory, no alignment needed.
    ///
    /// # Safety
    /// `to` must be writable for so many f32 as there are lanes.
    unsafe fn store_to(self, to: *mut f32, v: Self::V);
    fn splat(self, x: f32) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a · b + c, rounded once.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// a > b ? a : b
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// a < b ? a : b
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// 2ⁿ for whole n from -126 to 127, of the sum 1.5 · 2²³ + 127 + n.
    fn pow2_of_last_bits(self, sum: Self::V) -> Self::V;
    /// 2^(k/8) for whole k from -1008 to 1016, of the sum 1.5 · 2²³ + 1016 + k: the last three bits choose from a table, and
    /// the ones above are the exponent's.
    fn pow2_of_eighths(self, sum: Self::V) -> Self::V;
    /// The entries of a table whose numbers, below [`ENTRIES`], are the last five bits of each lane. For other numbers some entry.
    fn pick(self, table: &Table, numbers: Self::V) -> Self::V;
    /// A positive number as 2ⁿ · m with m from √½ to √2: whole n, and m.
    fn split_exponent(self, a: Self::V) -> (Self::V, Self::V);
    /// a < b ? x : y, lane by lane; NaN compares false.
    fn select_lt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    /// The bits that both have.
    fn and(self, a: Self::V, b: Self::V) -> Self::V;
    /// The bits that one of the two has.
    fn xor(self, a: Self::V, b: Self::V) -> Self::V;

    /// The sign alone: ±0.
    #[inline(always)]
    fn sign(self, a: Self::V) -> Self::V {
        self.and(a, self.splat(-0.0))
    }

    #[inline(always)]
    fn abs(self, a: Self::V) -> Self::V {
        self.and(a, self.splat(f32::from_bits(0x7fff_ffff)))
    }
}

/// Values that a loop asks for before it comes to them, where a pass goes over more than the near caches hold: 2 KiB, about
/// half a page, at whose end the machine's own foresight stops. On a Zen 3 ReLU of 2²⁰ values took 155 µs without, 130 with
/// 1 KiB, 120 with 2 and with 4 KiB; a copy by the C library 135. A Zen 4 sees further by itself: 90 µs without, 110 with
/// 2 KiB, a copy 88; so that nothing is asked for with AVX-512.
pub(crate) const AHEAD: usize = 512;

/// Sixteen lanes.
pub(crate) trait Simd: Arithmetic + Send + Sync {
    /// Rows of the register tile of a matrix product, and vectors across it: as many sums as the registers hold.
    const TILE_ROWS: usize;
    const TILE_VECTORS: usize;

    /// Runs work in a function of its own. Of many small loops inlined into one function the compiler prepares all at its
    /// start, in memory for want of registers; where each runs a few times, that costs more than the calls.
    fn apart<W: Work>(self, work: W) -> W::Output;

    /// The first eight lanes, for what is so narrow that the others would be idle.
    type Half: Arithmetic;
    fn half(self) -> Self::Half;

    /// Asks for the line of 64 bytes there, where that helps: with AVX2. Any address will do. A Zen 4 with AVX-512 trained
    /// 784-128-10 1.5 % faster and copied a fifth faster without; a softmax of many rows took 3 % longer.
    #[inline(always)]
    fn prefetch(self, _line: *const f32) {}

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::V {
        // SAFETY: a reference to sixteen f32.
        unsafe { self.load_from(from.as_ptr()) }
    }

    /// Fewer than sixteen values, zeroes behind them.
    #[inline(always)]
    fn load_some(self, from: &[f32]) -> Self::V {
        let mut array = [0.0; LANES];
        array[..from.len()].copy_from_slice(from);
        self.load(&array)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], v: Self::V) {
        // SAFETY: a reference to sixteen f32.
        unsafe { self.store_to(to.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn to_array(self, v: Self::V) -> [f32; LANES] {
        let mut array = [0.0; LANES];
        self.store(&mut array, v);
        array
    }

    /// The sum of the lanes, always in the same order (halves onto halves).
    #[inline(always)]
    fn sum(self, v: Self::V) -> f32 {
        let mut a = self.to_array(v);
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half {
                a[i] += a[i + half];
            }
            half /= 2;
        }
        a[0]
    }
}

/// Two of each, in turn: where one chain of dependent instructions leaves the machine waiting, two chains that stand side
/// by side keep it busy. The tanh of 2²⁰ values took 554 µs with one vector of AVX2's two registers at a time, 373 with two,
/// 395 with four, whose values no longer fit into the registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Twice<S>(pub S);

/// One operation on both.
macro_rules! twice {
    ($($f:ident($($v:ident),+);)+) => {
        $(#[inline(always)]
        fn $f(self, $($v: Self::V),+) -> Self::V {
            [self.0.$f($($v[0]),+), self.0.$f($($v[1]),+)]
        })+
    };
}

impl<S: Simd> Twice<S> {
    /// Both lines of what comes [`AHEAD`] of the values there.
    #[inline(always)]
    pub(crate) fn prefetch_ahead(self, of: *const f32) {
        self.0.prefetch(of.wrapping_add(AHEAD));
        self.0.prefetch(of.wrapping_add(AHEAD + LANES));
    }

    #[inline(always)]
    pub(crate) fn load(self, from: &[f32; 2 * LANES]) -> [S::V; 2] {
        // SAFETY: a reference to twice sixteen f32.
        unsafe { self.load_from(from.as_ptr()) }
    }

    #[inline(always)]
    pub(crate) fn store(self, to: &mut [f32; 2 * LANES], v: [S::V; 2]) {
        // SAFETY: a reference to twice sixteen f32.
        unsafe { self.store_to(to.as_mut_ptr(), v) }
    }
}

impl<S: Arithmetic> Arithmetic for Twice<S> {
    type V = [S::V; 2];
    const LANES: usize = 2 * S::LANES;

    #[inline(always)]
    unsafe fn load_from(self, from: *const f32) -> Self::V {
        // SAFETY: the caller's promise covers both.
        unsafe { [self.0.load_from(from), self.0.load_from(from.add(S::LANES))] }
    }
    #[inline(always)]
    unsafe fn store_to(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise covers both.
        unsafe {
            self.0.store_to(to, v[0]);
            self.0.store_to(to.add(S::LANES), v[1]);
        }
    }

    twice! {
        add(a, b);
        sub(a, b);
        mul(a, b);
        div(a, b);
        fma(a, b, c);
        max(a, b);
        min(a, b);
        sqrt(a);
        pow2_of_last_bits(sum);
        pow2_of_eighths(sum);
        select_lt(a, b, x, y);
        and(a, b);
        xor(a, b);
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [self.0.splat(x); 2]
    }
    #[inline(always)]
    fn pick(self, table: &Table, numbers: Self::V) -> Self::V {
        [self.0.pick(table, numbers[0]), self.0.pick(table, numbers[1])]
    }
    #[inline(always)]
    fn split_exponent(self, a: Self::V) -> (Self::V, Self::V) {
        let ((n, m), (n2, m2)) = (self.0.split_exponent(a[0]), self.0.split_exponent(a[1]));
        ([n, n2], [m, m2])
    }
}

/// Plain Rust on so many lanes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plain<const N: usize>;

/// Plain Rust; the reference for the other sets.
pub(crate) type Portable = Plain<LANES>;

#[inline(always)]
fn zip<const N: usize>(a: [f32; N], b: [f32; N], f: impl Fn(f32, f32) -> f32) -> [f32; N] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl<const N: usize> Arithmetic for Plain<N> {
    type V = [f32; N];
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn load_from(self, from: *const f32) -> Self::V {
        // SAFETY: the caller's promise; arrays of f32 need no more than an f32's alignment.
        unsafe { from.cast::<[f32; N]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_to(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; N]>().write_unaligned(v) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; N]
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self, a: Self::V) -> Self::V {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn pow2_of_last_bits(self, sum: Self::V) -> Self::V {
        sum.map(|sum| f32::from_bits(sum.to_bits() << 23))
    }
    #[inline(always)]
    fn pow2_of_eighths(self, sum: Self::V) -> Self::V {
        sum.map(|sum| {
            let bits = sum.to_bits() as i32;
            f32::from_bits(EIGHTHS[(bits & 7) as usize].wrapping_add(bits << 20) as u32)
        })
    }
    #[inline(always)]
    fn pick(self, table: &Table, numbers: Self::V) -> Self::V {
        numbers.map(|number| table[(number.to_bits() & 31) as usize])
    }
    #[inline(always)]
    fn split_exponent(self, a: Self::V) -> (Self::V, Self::V) {
        let n = a.map(|a| (a.to_bits() as i32).wrapping_sub(SQRT_HALF_BITS) >> 23);
        let m = std::array::from_fn(|i| f32::from_bits((a[i].to_bits() as i32).wrapping_sub(n[i] << 23) as u32));
        (n.map(|n| n as f32), m)
    }
    #[inline(always)]
    fn select_lt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        std::array::from_fn(|i| if a[i] < b[i] { x[i] } else { y[i] })
    }
    #[inline(always)]
    fn and(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| f32::from_bits(a.to_bits() & b.to_bits()))
    }
    #[inline(always)]
    fn xor(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| f32::from_bits(a.to_bits() ^ b.to_bits()))
    }
}

impl Simd for Portable {
    type Half = Plain<8>;
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 1;
    #[inline(always)]
    fn half(self) -> Plain<8> {
        Plain
    }
    #[inline(never)]
    fn apart<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }
}

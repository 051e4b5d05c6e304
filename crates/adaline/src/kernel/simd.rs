//! Sixteen f32 side by side, on each instruction set.
//!
//! A value of a type that implements [`Simd`] is a proof that the machine has the instructions: it can be made only by
//! asking. Everything is `inline(always)`, so that it ends up inside the one function that enables the instructions.
//! Comparisons and `max` treat NaN as the x86 instructions do: `max(a, b)` is b when either is NaN.

use super::Work;

/// Lanes of a vector, on every machine.
pub(crate) const LANES: usize = 16;

/// The bits of √½: the distance from them, in whole powers of two, is the exponent that brings a number between √½ and √2.
const SQRT_HALF_BITS: i32 = 0x3f35_04f3;

/// Sixteen-lane arithmetic.
pub(crate) trait Simd: Copy + Send + Sync {
    /// Sixteen f32.
    type V: Copy;
    /// Rows of the register tile of a matrix product, and vectors across it: as many sums as the registers hold.
    const TILE_ROWS: usize;
    const TILE_VECTORS: usize;

    /// Runs work in a function of its own. Of many small loops inlined into one function the compiler prepares all at its
    /// start, in memory for want of registers; where each runs a few times, that costs more than the calls.
    fn apart<W: Work>(self, work: W) -> W::Output;

    fn splat(self, x: f32) -> Self::V;
    /// Sixteen values from memory, no alignment needed.
    ///
    /// # Safety
    /// `from` must be readable for sixteen f32.
    unsafe fn load_from(self, from: *const f32) -> Self::V;
    /// Sixteen values to memory, no alignment needed.
    ///
    /// # Safety
    /// `to` must be writable for sixteen f32.
    unsafe fn store_to(self, to: *mut f32, v: Self::V);
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
    /// 2ⁿ for whole n from -126 to 127, of the sum 1.5 · 2²³ + n.
    fn pow2_of_last_bits(self, sum: Self::V) -> Self::V;
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

/// Plain Rust; the reference for the other sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

#[inline(always)]
fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Simd for Portable {
    type V = [f32; LANES];
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 1;

    #[inline(never)]
    fn apart<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load_from(self, from: *const f32) -> Self::V {
        // SAFETY: the caller's promise; arrays of f32 need no more than an f32's alignment.
        unsafe { from.cast::<[f32; LANES]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_to(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(v) }
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
        sum.map(|sum| f32::from_bits(sum.to_bits().wrapping_add(127) << 23))
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

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LANES, SQRT_HALF_BITS, Simd, Work};
    use std::arch::x86_64::*;

    /// AVX2 and FMA: a vector is two registers.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Avx2(());

    /// AVX-512F: a vector is one register.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Avx512(());

    impl Avx2 {
        #[inline(always)]
        pub(crate) fn detect() -> Option<Self> {
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Avx2(()))
        }
    }

    impl Avx512 {
        #[inline(always)]
        pub(crate) fn detect() -> Option<Self> {
            is_x86_feature_detected!("avx512f").then_some(Avx512(()))
        }
    }

    /// The sum of eight lanes, halves onto halves.
    ///
    /// # Safety
    /// The machine has AVX.
    #[inline(always)]
    unsafe fn sum_of_eight(v: __m256) -> f32 {
        // SAFETY: the caller's promise.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }

    /// One intrinsic on both halves.
    macro_rules! both {
        ($f:ident, $($v:ident),+) => {
            // SAFETY: an `Avx2` exists only where AVX2 and FMA were detected.
            unsafe { [$f($($v[0]),+), $f($($v[1]),+)] }
        };
    }

    impl Simd for Avx2 {
        type V = [__m256; 2];
        // 12 sums + 2 of B + 1 of A of the 16 registers.
        const TILE_ROWS: usize = 6;
        const TILE_VECTORS: usize = 1;

        #[inline(always)]
        fn apart<W: Work>(self, work: W) -> W::Output {
            #[inline(never)]
            #[target_feature(enable = "avx2,fma")]
            fn apart<W: Work>(s: Avx2, work: W) -> W::Output {
                work.run(s)
            }
            // SAFETY: an `Avx2` exists only where AVX2 and FMA were detected.
            unsafe { apart(self, work) }
        }
        #[inline(always)]
        fn splat(self, x: f32) -> Self::V {
            // SAFETY: as in `both`.
            unsafe { [_mm256_set1_ps(x); 2] }
        }
        #[inline(always)]
        unsafe fn load_from(self, from: *const f32) -> Self::V {
            // SAFETY: the caller's promise covers both halves.
            unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(LANES / 2))] }
        }
        #[inline(always)]
        fn load_some(self, from: &[f32]) -> Self::V {
            /// A window of it that starts as many numbers before the zeroes as there are values.
            static WANTED: [i32; 2 * LANES] = {
                let mut wanted = [-1; 2 * LANES];
                let mut lane = LANES;
                while lane < 2 * LANES {
                    wanted[lane] = 0;
                    lane += 1;
                }
                wanted
            };
            let wanted = &WANTED[LANES - from.len()..][..LANES];
            let (wanted, from) = (wanted.as_ptr(), from.as_ptr());
            // SAFETY: as in `both`; the window was cut above, and lanes that are not wanted are not read.
            unsafe {
                [
                    _mm256_maskload_ps(from, _mm256_loadu_si256(wanted.cast())),
                    _mm256_maskload_ps(from.wrapping_add(LANES / 2), _mm256_loadu_si256(wanted.add(LANES / 2).cast())),
                ]
            }
        }
        #[inline(always)]
        unsafe fn store_to(self, to: *mut f32, v: Self::V) {
            // SAFETY: the caller's promise covers both halves.
            unsafe {
                _mm256_storeu_ps(to, v[0]);
                _mm256_storeu_ps(to.add(LANES / 2), v[1]);
            }
        }
        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_add_ps, a, b)
        }
        #[inline(always)]
        fn sub(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_sub_ps, a, b)
        }
        #[inline(always)]
        fn mul(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_mul_ps, a, b)
        }
        #[inline(always)]
        fn div(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_div_ps, a, b)
        }
        #[inline(always)]
        fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            both!(_mm256_fmadd_ps, a, b, c)
        }
        #[inline(always)]
        fn max(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_max_ps, a, b)
        }
        #[inline(always)]
        fn min(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_min_ps, a, b)
        }
        #[inline(always)]
        fn sqrt(self, a: Self::V) -> Self::V {
            both!(_mm256_sqrt_ps, a)
        }
        #[inline(always)]
        fn pow2_of_last_bits(self, sum: Self::V) -> Self::V {
            // SAFETY: as in `both`. No closure here and below: it would not be inlined into the function that enables AVX2.
            unsafe {
                let bias = _mm256_set1_epi32(127);
                let low = _mm256_add_epi32(_mm256_castps_si256(sum[0]), bias);
                let high = _mm256_add_epi32(_mm256_castps_si256(sum[1]), bias);
                [_mm256_castsi256_ps(_mm256_slli_epi32::<23>(low)), _mm256_castsi256_ps(_mm256_slli_epi32::<23>(high))]
            }
        }
        #[inline(always)]
        fn split_exponent(self, a: Self::V) -> (Self::V, Self::V) {
            // SAFETY: as in `both`.
            unsafe {
                let from = _mm256_set1_epi32(SQRT_HALF_BITS);
                let (low, high) = (_mm256_castps_si256(a[0]), _mm256_castps_si256(a[1]));
                let n_low = _mm256_srai_epi32::<23>(_mm256_sub_epi32(low, from));
                let n_high = _mm256_srai_epi32::<23>(_mm256_sub_epi32(high, from));
                let m_low = _mm256_sub_epi32(low, _mm256_slli_epi32::<23>(n_low));
                let m_high = _mm256_sub_epi32(high, _mm256_slli_epi32::<23>(n_high));
                (
                    [_mm256_cvtepi32_ps(n_low), _mm256_cvtepi32_ps(n_high)],
                    [_mm256_castsi256_ps(m_low), _mm256_castsi256_ps(m_high)],
                )
            }
        }
        #[inline(always)]
        fn select_lt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
            // SAFETY: as in `both`.
            unsafe {
                [
                    _mm256_blendv_ps(y[0], x[0], _mm256_cmp_ps::<_CMP_LT_OQ>(a[0], b[0])),
                    _mm256_blendv_ps(y[1], x[1], _mm256_cmp_ps::<_CMP_LT_OQ>(a[1], b[1])),
                ]
            }
        }
        #[inline(always)]
        fn and(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_and_ps, a, b)
        }
        #[inline(always)]
        fn xor(self, a: Self::V, b: Self::V) -> Self::V {
            both!(_mm256_xor_ps, a, b)
        }
        #[inline(always)]
        fn sum(self, v: Self::V) -> f32 {
            // SAFETY: as in `both`.
            unsafe { sum_of_eight(_mm256_add_ps(v[0], v[1])) }
        }
    }

    impl Simd for Avx512 {
        type V = __m512;
        // 24 sums + 2 of B of the 32 registers; A is broadcast from memory inside the multiplication.
        const TILE_ROWS: usize = 12;
        const TILE_VECTORS: usize = 2;

        #[inline(always)]
        fn apart<W: Work>(self, work: W) -> W::Output {
            #[inline(never)]
            #[target_feature(enable = "avx512f")]
            fn apart<W: Work>(s: Avx512, work: W) -> W::Output {
                work.run(s)
            }
            // SAFETY: an `Avx512` exists only where AVX-512F was detected.
            unsafe { apart(self, work) }
        }
        #[inline(always)]
        fn splat(self, x: f32) -> Self::V {
            // SAFETY: an `Avx512` exists only where AVX-512F was detected; so below.
            unsafe { _mm512_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn load_from(self, from: *const f32) -> Self::V {
            // SAFETY: the caller's promise.
            unsafe { _mm512_loadu_ps(from) }
        }
        #[inline(always)]
        fn load_some(self, from: &[f32]) -> Self::V {
            assert!(from.len() <= LANES, "no more values than lanes");
            // SAFETY: see `splat`; lanes behind the end are not read.
            unsafe { _mm512_maskz_loadu_ps(((1u32 << from.len()) - 1) as __mmask16, from.as_ptr()) }
        }
        #[inline(always)]
        unsafe fn store_to(self, to: *mut f32, v: Self::V) {
            // SAFETY: the caller's promise.
            unsafe { _mm512_storeu_ps(to, v) }
        }
        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_add_ps(a, b) }
        }
        #[inline(always)]
        fn sub(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_sub_ps(a, b) }
        }
        #[inline(always)]
        fn mul(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_mul_ps(a, b) }
        }
        #[inline(always)]
        fn div(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_div_ps(a, b) }
        }
        #[inline(always)]
        fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        fn max(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_max_ps(a, b) }
        }
        #[inline(always)]
        fn min(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_min_ps(a, b) }
        }
        #[inline(always)]
        fn sqrt(self, a: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_sqrt_ps(a) }
        }
        #[inline(always)]
        fn pow2_of_last_bits(self, sum: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe {
                let exponent = _mm512_add_epi32(_mm512_castps_si512(sum), _mm512_set1_epi32(127));
                _mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent))
            }
        }
        #[inline(always)]
        fn split_exponent(self, a: Self::V) -> (Self::V, Self::V) {
            // SAFETY: see `splat`.
            unsafe {
                let bits = _mm512_castps_si512(a);
                let n = _mm512_srai_epi32::<23>(_mm512_sub_epi32(bits, _mm512_set1_epi32(SQRT_HALF_BITS)));
                let m = _mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(n));
                (_mm512_cvtepi32_ps(n), _mm512_castsi512_ps(m))
            }
        }
        #[inline(always)]
        fn select_lt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), y, x) }
        }
        #[inline(always)]
        fn and(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
        }
        #[inline(always)]
        fn xor(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see `splat`.
            unsafe { _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
        }
        #[inline(always)]
        fn sum(self, v: Self::V) -> f32 {
            // SAFETY: see `splat`; AVX-512F includes AVX.
            unsafe {
                let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(v)));
                sum_of_eight(_mm256_add_ps(_mm512_castps512_ps256(v), high))
            }
        }
    }
}

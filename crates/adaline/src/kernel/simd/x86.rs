//! AVX2 and AVX-512: one intrinsic an operation.

use super::{Arithmetic, EIGHTHS, ENTRIES, LANES, SQRT_HALF_BITS, Simd, Table, Twice, Work};
use std::arch::x86_64::*;

/// One register of AVX2 and FMA: eight lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ymm(());

/// AVX2 and FMA: a vector is two registers.
pub(crate) type Avx2 = Twice<Ymm>;

/// AVX-512F, and AVX2 and FMA for half a vector: a vector is one register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx2 {
    #[inline(always)]
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Twice(Ymm(())))
    }
}

impl Avx512 {
    #[inline(always)]
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && Avx2::detect().is_some()).then_some(Avx512(()))
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

impl Arithmetic for Ymm {
    type V = __m256;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load_from(self, from: *const f32) -> Self::V {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store_to(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, v) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        // SAFETY: a `Ymm` exists only where AVX2 and FMA were detected; so below.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    fn sqrt(self, a: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_sqrt_ps(a) }
    }
    #[inline(always)]
    fn pow2_of_last_bits(self, sum: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(sum))) }
    }
    #[inline(always)]
    fn pow2_of_eighths(self, sum: Self::V) -> Self::V {
        // SAFETY: see `splat`; the table has eight entries.
        unsafe {
            let bits = _mm256_castps_si256(sum);
            let table = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(EIGHTHS.as_ptr().cast()), bits);
            _mm256_castsi256_ps(_mm256_add_epi32(table, _mm256_slli_epi32::<20>(bits)))
        }
    }
    #[inline(always)]
    fn pick(self, table: &Table, numbers: Self::V) -> Self::V {
        const { assert!(ENTRIES == 24) };
        // The last three bits choose from each third, the two before them the third.
        // SAFETY: see `splat`; the table is longer than three vectors.
        unsafe {
            let bits = _mm256_castps_si256(numbers);
            let [first, second, third] =
                [0, 8, 16].map(|at| _mm256_permutevar8x32_ps(_mm256_loadu_ps(table.as_ptr().add(at)), bits));
            let low = _mm256_blendv_ps(first, second, _mm256_castsi256_ps(_mm256_slli_epi32::<28>(bits)));
            _mm256_blendv_ps(low, third, _mm256_castsi256_ps(_mm256_slli_epi32::<27>(bits)))
        }
    }
    #[inline(always)]
    fn split_exponent(self, a: Self::V) -> (Self::V, Self::V) {
        // SAFETY: see `splat`.
        unsafe {
            let bits = _mm256_castps_si256(a);
            let n = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(SQRT_HALF_BITS)));
            let m = _mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(n));
            (_mm256_cvtepi32_ps(n), _mm256_castsi256_ps(m))
        }
    }
    #[inline(always)]
    fn select_lt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_blendv_ps(y, x, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b)) }
    }
    #[inline(always)]
    fn and(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_and_ps(a, b) }
    }
    #[inline(always)]
    fn xor(self, a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see `splat`.
        unsafe { _mm256_xor_ps(a, b) }
    }
}

impl Simd for Avx2 {
    type Half = Ymm;
    // 12 sums + 2 of B + 1 of A of the 16 registers.
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 1;
    #[inline(always)]
    fn half(self) -> Ymm {
        self.0
    }
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
    fn prefetch(self, line: *const f32) {
        // SAFETY: a hint; the machine does not fault where there is no memory.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
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
        // SAFETY: see `splat`; the window was cut above, and lanes that are not wanted are not read.
        unsafe {
            [
                _mm256_maskload_ps(from, _mm256_loadu_si256(wanted.cast())),
                _mm256_maskload_ps(from.wrapping_add(LANES / 2), _mm256_loadu_si256(wanted.add(LANES / 2).cast())),
            ]
        }
    }
    #[inline(always)]
    fn sum(self, v: Self::V) -> f32 {
        // SAFETY: see `splat`.
        unsafe { sum_of_eight(_mm256_add_ps(v[0], v[1])) }
    }
}

impl Arithmetic for Avx512 {
    type V = __m512;
    const LANES: usize = LANES;

    #[inline(always)]
    unsafe fn load_from(self, from: *const f32) -> Self::V {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store_to(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, v) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        // SAFETY: an `Avx512` exists only where AVX-512F was detected; so below.
        unsafe { _mm512_set1_ps(x) }
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
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(sum))) }
    }
    #[inline(always)]
    fn pow2_of_eighths(self, sum: Self::V) -> Self::V {
        // The last four bits choose: the table stands there twice.
        // SAFETY: see `splat`; the table has eight entries.
        unsafe {
            let bits = _mm512_castps_si512(sum);
            let table = _mm512_broadcast_i64x4(_mm256_loadu_si256(EIGHTHS.as_ptr().cast()));
            let table = _mm512_permutexvar_epi32(bits, table);
            _mm512_castsi512_ps(_mm512_add_epi32(table, _mm512_slli_epi32::<20>(bits)))
        }
    }
    #[inline(always)]
    fn pick(self, table: &Table, numbers: Self::V) -> Self::V {
        // SAFETY: see `splat`; the table is two vectors.
        unsafe {
            let (low, high) = (_mm512_loadu_ps(table.as_ptr()), _mm512_loadu_ps(table.as_ptr().add(LANES)));
            _mm512_permutex2var_ps(low, _mm512_castps_si512(numbers), high)
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
}

impl Simd for Avx512 {
    type Half = Ymm;
    // 24 sums + 2 of B of the 32 registers; A is broadcast from memory inside the multiplication.
    const TILE_ROWS: usize = 12;
    const TILE_VECTORS: usize = 2;
    #[inline(always)]
    fn half(self) -> Ymm {
        // `detect` asked for AVX2 and FMA too, and what enables AVX-512F enables them.
        Ymm(())
    }
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
    fn load_some(self, from: &[f32]) -> Self::V {
        assert!(from.len() <= LANES, "no more values than lanes");
        // SAFETY: see `splat`; lanes behind the end are not read.
        unsafe { _mm512_maskz_loadu_ps(((1u32 << from.len()) - 1) as __mmask16, from.as_ptr()) }
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

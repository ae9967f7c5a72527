/* SPDX-License-Identifier: MIT
 *
 * vector_avx512.h - vectors of AVX-512 (F, BW, DQ and VL): 16 floats, 32 registers,
 * masks. The part of vector_kernels.h's list that its tables have in common; each has
 * flags of its own for what the others must not contain.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES         16
#define PANEL_VECTORS 2 /* a tile is 14 rows of 2 vectors: 28 sums, 2 of B, 1 or 2 of A */
#define TILE_ROWS     14

typedef __m512 vector;
typedef uint32_t words __attribute__((vector_size(64)));
typedef uint64_t longs __attribute__((vector_size(64)));
typedef __m512d wide; /* LANES / 2 doubles */

static inline vector fill(float x) {
    return _mm512_set1_ps(x);
}

static inline vector load(const float *from) {
    return _mm512_loadu_ps(from);
}

static inline void store(float *to, vector x) {
    _mm512_storeu_ps(to, x);
}

static inline __mmask16 first_lanes(size_t count) {
    return (__mmask16)((1u << count) - 1);
}

static inline vector load_some(const float *from, size_t count, float rest) {
    return _mm512_mask_loadu_ps(fill(rest), first_lanes(count), from);
}

static inline void store_some(float *to, vector x, size_t count) {
    _mm512_mask_storeu_ps(to, first_lanes(count), x);
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return _mm512_fmadd_ps(a, b, c);
}

static inline vector square_root(vector x) {
    return _mm512_sqrt_ps(x);
}

/* vmaxps and vminps return their second operand if either is NaN. */
static inline vector at_least(vector x, vector bound) {
    return _mm512_max_ps(bound, x);
}

static inline vector at_most(vector x, vector bound) {
    return _mm512_min_ps(bound, x);
}

static inline longs long_products(words x, words y) {
    return (longs)_mm512_mul_epu32((__m512i)x, (__m512i)y);
}

static inline wide wide_zero(void) {
    return _mm512_setzero_pd();
}

static inline wide add_square_low(wide sum, vector x) {
    wide y = _mm512_cvtps_pd(_mm512_castps512_ps256(x));
    return _mm512_fmadd_pd(y, y, sum);
}

static inline wide add_square_high(wide sum, vector x) {
    wide y = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
    return _mm512_fmadd_pd(y, y, sum);
}

/* SPDX-License-Identifier: MIT
 *
 * kernels_avx512.c - the vector kernels for x86-64 with AVX-512 (F, BW, DQ and VL):
 * 16 floats a vector, 32 registers, masks. Compiled with flags of its own; entered
 * only when cpu_features.c allows it.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE         rnn_kernels_avx512
#define TABLE_NAME    "avx512"
#define LANES         16
#define PANEL_VECTORS 2 /* a tile is 14 rows of 2 vectors: 28 sums, 2 of B, 1 or 2 of A */
#define TILE_ROWS     14
#define PRODUCT_DEPTH ((size_t)256) /* of a panel twice as wide as AVX2's: 32 KB again */

typedef __m512 vector;
typedef uint32_t words __attribute__((vector_size(64)));
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

/* No sum of two such products leaves 16 bits: 2 * 127 * 128 < 2^15. */
static inline words dot4(words sum, words x, words y) {
    __m512i twos = _mm512_maddubs_epi16((__m512i)x, (__m512i)y);
    return sum + (words)_mm512_madd_epi16(twos, _mm512_set1_epi16(1));
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

#include "compute/cpu/vector_kernels.h"

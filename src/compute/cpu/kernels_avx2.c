/* SPDX-License-Identifier: MIT
 *
 * kernels_avx2.c - the vector kernels for x86-64 with AVX2 and FMA: 8 floats a
 * vector, 16 registers. Compiled with -mavx2 -mfma; entered only when
 * cpu_features.c allows it.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE         rnn_kernels_avx2
#define TABLE_NAME    "avx2"
#define LANES         8
#define PANEL_VECTORS 2 /* a tile is 6 rows of 2 vectors: 12 sums, 2 of B, 1 or 2 of A */
#define TILE_ROWS     6
#define NARROW_TILE   4 /* each step needs some registers more */

typedef __m256 vector;
typedef uint32_t words __attribute__((vector_size(32)));
typedef uint64_t longs __attribute__((vector_size(32)));
typedef __m256d wide; /* LANES / 2 doubles */

static inline vector fill(float x) {
    return _mm256_set1_ps(x);
}

static inline vector load(const float *from) {
    return _mm256_loadu_ps(from);
}

static inline void store(float *to, vector x) {
    _mm256_storeu_ps(to, x);
}

static inline __m256i first_lanes(size_t count) {
    static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(window + 8 - count));
}

static inline vector load_some(const float *from, size_t count, float rest) {
    __m256i mask = first_lanes(count);
    return _mm256_blendv_ps(fill(rest), _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask));
}

static inline void store_some(float *to, vector x, size_t count) {
    _mm256_maskstore_ps(to, first_lanes(count), x);
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return _mm256_fmadd_ps(a, b, c);
}

static inline vector square_root(vector x) {
    return _mm256_sqrt_ps(x);
}

/* vmaxps and vminps return their second operand if either is NaN. */
static inline vector at_least(vector x, vector bound) {
    return _mm256_max_ps(bound, x);
}

static inline vector at_most(vector x, vector bound) {
    return _mm256_min_ps(bound, x);
}

/* No sum of two such products leaves 16 bits: 2 * 127 * 128 < 2^15. */
static inline words dot4(words sum, words x, words y) {
    __m256i twos = _mm256_maddubs_epi16((__m256i)x, (__m256i)y);
    return sum + (words)_mm256_madd_epi16(twos, _mm256_set1_epi16(1));
}

static inline longs long_products(words x, words y) {
    return (longs)_mm256_mul_epu32((__m256i)x, (__m256i)y);
}

static inline wide wide_zero(void) {
    return _mm256_setzero_pd();
}

static inline wide add_square_low(wide sum, vector x) {
    wide y = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
    return _mm256_fmadd_pd(y, y, sum);
}

static inline wide add_square_high(wide sum, vector x) {
    wide y = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
    return _mm256_fmadd_pd(y, y, sum);
}

#include "compute/cpu/vector_kernels.h"

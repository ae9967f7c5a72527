/* SPDX-License-Identifier: MIT
 *
 * kernels_neon.c - the vector kernels for arm64: 4 floats a vector, 32
 * registers. Every arm64 processor has these instructions.
 */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE         rnn_kernels_neon
#define TABLE_NAME    "neon"
#define LANES         4
#define PANEL_VECTORS 4 /* a tile is 6 rows of 4 vectors: 24 sums, 4 of B, 1 or 2 of A */
#define TILE_ROWS     6
#define NARROW_TILE   4

typedef float32x4_t vector;
typedef uint32_t words __attribute__((vector_size(16)));
typedef uint64_t longs __attribute__((vector_size(16)));
typedef float64x2_t wide; /* LANES / 2 doubles */

static inline vector fill(float x) {
    return vdupq_n_f32(x);
}

static inline vector load(const float *from) {
    return vld1q_f32(from);
}

static inline void store(float *to, vector x) {
    vst1q_f32(to, x);
}

static inline vector load_some(const float *from, size_t count, float rest) {
    float lanes[LANES] = {rest, rest, rest, rest};
    for (size_t i = 0; i < count; i++)
        lanes[i] = from[i];
    return load(lanes);
}

static inline void store_some(float *to, vector x, size_t count) {
    float lanes[LANES];
    store(lanes, x);
    for (size_t i = 0; i < count; i++)
        to[i] = lanes[i];
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return vfmaq_f32(c, a, b);
}

static inline vector square_root(vector x) {
    return vsqrtq_f32(x);
}

/* fmax and fmin return NaN if either operand is NaN. */
static inline vector at_least(vector x, vector bound) {
    return vmaxq_f32(x, bound);
}

static inline vector at_most(vector x, vector bound) {
    return vminq_f32(x, bound);
}

/* No sum of two such products leaves 16 bits: 2 * 127 * 128 < 2^15. */
static inline words dot4(words sum, words x, words y) {
    int8x16_t a = (int8x16_t)x, b = (int8x16_t)y;
    int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
    return (words)vpadalq_s16((int32x4_t)sum, vpaddq_s16(low, high));
}

static inline longs long_products(words x, words y) {
    return (longs)vmull_u32(vmovn_u64((uint64x2_t)x), vmovn_u64((uint64x2_t)y));
}

static inline wide wide_zero(void) {
    return vdupq_n_f64(0.0);
}

static inline wide add_square_low(wide sum, vector x) {
    wide y = vcvt_f64_f32(vget_low_f32(x));
    return vfmaq_f64(sum, y, y);
}

static inline wide add_square_high(wide sum, vector x) {
    wide y = vcvt_high_f64_f32(x);
    return vfmaq_f64(sum, y, y);
}

#include "compute/cpu/vector_kernels.h"

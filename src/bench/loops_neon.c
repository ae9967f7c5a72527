/* SPDX-License-Identifier: MIT
 *
 * loops_neon.c - loops for arm64.
 */
#include <arm_neon.h>

#define TABLE      rnn_loops_neon
#define TABLE_NAME "neon"
#define LANES      4

typedef float32x4_t vector;

static inline vector fill(float x) {
    return vdupq_n_f32(x);
}

static inline vector load(const float *from) {
    return vld1q_f32(from);
}

static inline vector add(vector a, vector b) {
    return vaddq_f32(a, b);
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return vfmaq_f32(c, a, b);
}

#include "bench/vector_loops.h"

/* SPDX-License-Identifier: MIT
 *
 * loops_avx2.c - loops for x86-64 with AVX2 and FMA. Compiled with -mavx2 -mfma;
 * entered only where the kernels of that name can run.
 */
#include <immintrin.h>

#define TABLE      rnn_loops_avx2
#define TABLE_NAME "avx2"
#define LANES      8

typedef __m256 vector;

static inline vector fill(float x) {
    return _mm256_set1_ps(x);
}

static inline vector load(const float *from) {
    return _mm256_load_ps(from);
}

static inline vector add(vector a, vector b) {
    return _mm256_add_ps(a, b);
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return _mm256_fmadd_ps(a, b, c);
}

#include "bench/vector_loops.h"

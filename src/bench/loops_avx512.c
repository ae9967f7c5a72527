/* SPDX-License-Identifier: MIT
 *
 * loops_avx512.c - loops for x86-64 with AVX-512. Compiled with -mavx512f; entered
 * only where the kernels of that name can run.
 */
#include <immintrin.h>

#define TABLE      rnn_loops_avx512
#define TABLE_NAME "avx512"
#define LANES      16

typedef __m512 vector;

static inline vector fill(float x) {
    return _mm512_set1_ps(x);
}

static inline vector load(const float *from) {
    return _mm512_load_ps(from);
}

static inline vector add(vector a, vector b) {
    return _mm512_add_ps(a, b);
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return _mm512_fmadd_ps(a, b, c);
}

#include "bench/vector_loops.h"

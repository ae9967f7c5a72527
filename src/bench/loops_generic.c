/* SPDX-License-Identifier: MIT
 *
 * loops_generic.c - loops with the vectors that every machine of the architecture
 * has, as the compiler uses them for the generic kernels: multiplication and
 * addition are two instructions.
 */
#include <string.h>

#define TABLE      rnn_loops_generic
#define TABLE_NAME "generic"
#define LANES      4

typedef float vector __attribute__((vector_size(16)));

static inline vector fill(float x) {
    return (vector){x, x, x, x};
}

static inline vector load(const float *from) {
    vector x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline vector add(vector a, vector b) {
    return a + b;
}

static inline vector multiply_add(vector a, vector b, vector c) {
    return a * b + c;
}

#include "bench/vector_loops.h"

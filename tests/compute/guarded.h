/* SPDX-License-Identifier: MIT
 *
 * guarded.h - matrices for tests of kernels, at odd addresses, in the midst of
 * NaNs: whoever reads outside computes NaN, whoever writes outside is found out.
 */
#ifndef RNN_GUARDED_H
#define RNN_GUARDED_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "compute/kernels.h"

#define GUARD  ((size_t)67) /* odd, so that data is aligned for a float and no more */
#define POISON 0x7fc0deadu

typedef struct guarded {
    float *data; /* [rows][columns], rows `stride` apart */
    size_t rows, columns, stride;
    float *block;
} guarded;

static inline size_t guarded_floats(const guarded *m) {
    return m->rows * m->stride + 2 * GUARD;
}

/* Filled with numbers in +- range; the same for the same seed. */
static inline guarded guarded_create(size_t rows, size_t columns, size_t gap, double range,
                                     uint64_t seed) {
    guarded m = {NULL, rows, columns, columns + gap, NULL};
    m.block = malloc(guarded_floats(&m) * sizeof(float));
    assert_non_null(m.block);
    m.data = m.block + GUARD;
    const uint32_t poison = POISON;
    for (size_t i = 0; i < guarded_floats(&m); i++)
        memcpy(m.block + i, &poison, sizeof poison);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < columns; j++) {
            double u = rnn_random_uniform(seed, RNN_RANDOM_WEIGHTS, r, j);
            m.data[r * m.stride + j] = (float)(range * (2.0 * u - 1.0));
        }
    return m;
}

static inline guarded guarded_copy(const guarded *from) {
    guarded m = *from;
    m.block = malloc(guarded_floats(from) * sizeof(float));
    assert_non_null(m.block);
    memcpy(m.block, from->block, guarded_floats(from) * sizeof(float));
    m.data = m.block + GUARD;
    return m;
}

static inline float *guarded_row(const guarded *m, size_t row) {
    return m->data + row * m->stride;
}

/* Everything around the matrix and between its rows is as it was. */
static inline void guarded_check(const guarded *m) {
    for (size_t i = 0; i < guarded_floats(m); i++) {
        size_t at = i - GUARD;
        if (i >= GUARD && at < m->rows * m->stride && at % m->stride < m->columns)
            continue;
        uint32_t bits;
        memcpy(&bits, m->block + i, sizeof bits);
        assert_int_equal(bits, POISON);
    }
}

static inline void guarded_destroy(guarded *m) {
    guarded_check(m);
    free(m->block);
    m->block = m->data = NULL;
}

static inline void assert_same_bits(const guarded *a, const guarded *b) {
    assert_memory_equal(a->block, b->block, guarded_floats(a) * sizeof(float));
}

/* Within tolerance * (1 + |expected|). */
static inline void assert_close(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance * (1.0 + fabs(expected))))
        fail_msg("found %.9g, expected %.9g", found, expected);
}

static inline void assert_all_close(const guarded *a, const guarded *b, double tolerance) {
    for (size_t r = 0; r < a->rows; r++)
        for (size_t j = 0; j < a->columns; j++)
            assert_close(guarded_row(a, r)[j], guarded_row(b, r)[j], tolerance);
}

/* The tables under test, ended by NULL: all that this machine can run; or the one that
 * the build names, which is not in that list, and the generic one. */
#if defined(RNN_TEST_TABLE)
#include "compute/cpu/tables.h"
extern const rnn_kernels RNN_TEST_TABLE;
static inline const rnn_kernels *const *tables_under_test(void) {
    static const rnn_kernels *const list[] = {&RNN_TEST_TABLE, &rnn_kernels_generic, NULL};
    return list;
}
#else
static inline const rnn_kernels *const *tables_under_test(void) {
    return rnn_kernels_available();
}
#endif

#define FOR_TABLES(k)                                                                              \
    for (const rnn_kernels *const *in_list = tables_under_test(), *k = *in_list; k; k = *++in_list)

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif

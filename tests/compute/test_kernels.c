/* SPDX-License-Identifier: MIT
 *
 * test_kernels.c - the kernels' weight gradients, halves and rows, on odd sizes and in pieces.
 * `test_kernels --time` times every kernel instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compute/cpu/narrow.h"
#include "tests/compute/guarded.h"
#include "tests/compute/kernel_timing.h"

/* ----------------------------------------------------------------- gradient */

/* With `rounded`, of A and B in bfloat16. */
static void differentiate(const rnn_kernels *k, int rounded, const guarded *a, const guarded *b,
                          guarded *c, size_t begin, size_t end) {
    guarded scratch =
        guarded_create(1, k->gradient_scratch(a->rows, a->columns, b->columns), 0, 1.0, 5);
    (rounded ? k->gradient_bf16 : k->gradient)(a->rows, a->columns, b->columns, a->data, a->stride,
                                               b->data, b->stride, c->data, c->stride, begin, end,
                                               scratch.data);
    guarded_destroy(&scratch);
}

static double operand(float x, int rounded) {
    return rounded ? rnn_narrow_float(rnn_narrow_bf16(x)) : x;
}

static void check_gradient(int rounded, const guarded *a, const guarded *b, const guarded *before,
                           const guarded *c) {
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < c->columns; j++) {
            double sum = guarded_row(before, i)[j], size = fabs(sum);
            for (size_t r = 0; r < a->rows; r++) {
                double term =
                    operand(guarded_row(a, r)[i], rounded) * operand(guarded_row(b, r)[j], rounded);
                sum += term;
                size += fabs(term);
            }
            double bound = (double)(a->rows + 2) * 0x1p-24 * size;
            if (!(fabs(guarded_row(c, i)[j] - sum) <= bound))
                fail_msg("c[%zu][%zu] of %zu x %zu over %zu rows is %.9g, expected %.9g", i, j,
                         c->rows, c->columns, a->rows, guarded_row(c, i)[j], sum);
        }
}

static void gradient_is_right_whole_and_in_pieces(void **state) {
    (void)state;
    static const size_t rows[] = {0, 1, 3, 255, 256, 257, 600};
    static const size_t ms[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 65, 200};
    static const size_t ns[] = {1, 7, 16, 33, 65};
    int turn = 0;
    for (size_t r = 0; r < COUNT(rows); r++)
        for (size_t i = 0; i < COUNT(ms); i++)
            for (size_t j = 0; j < COUNT(ns); j++, turn++) {
                size_t m = ms[i], n = ns[j], gap = turn % 2 ? 5 : 0;
                guarded a = guarded_create(rows[r], m, gap, 1.0, 1);
                guarded b = guarded_create(rows[r], n, gap, 1.0, 2);
                guarded before = guarded_create(m, n, gap, 1.0, 3);
                int rounded = turn / 2 % 2;
                FOR_TABLES(k) {
                    guarded whole = guarded_copy(&before), pieces = guarded_copy(&before);
                    differentiate(k, rounded, &a, &b, &whole, 0, m);
                    check_gradient(rounded, &a, &b, &before, &whole);
                    size_t grain = k->gradient_grain, step = grain;
                    for (size_t begin = 0; begin < m; begin += step, step += grain)
                        differentiate(k, rounded, &a, &b, &pieces, begin,
                                      begin + step < m ? begin + step : m);
                    assert_same_bits(&whole, &pieces);
                    guarded_destroy(&whole);
                    guarded_destroy(&pieces);
                }
                guarded_destroy(&a);
                guarded_destroy(&b);
                guarded_destroy(&before);
            }
}

/* Products of bfloat16s are exact, and so few rows are one chain: every table gives the
 * same bits. */
static void gradients_in_bf16_add_rows_in_order(void **state) {
    (void)state;
    static const size_t rows[] = {1, 2, 3, 8, 101, 256};
    const rnn_kernels *generic;
    assert_int_equal(rnn_kernels_pick(&generic, "generic", NULL), RNN_OK);
    for (size_t r = 0; r < COUNT(rows); r++) {
        guarded a = guarded_create(rows[r], 31, 2, 1.0, 1);
        guarded b = guarded_create(rows[r], 50, 1, 1.0, 2);
        guarded expected = guarded_create(31, 50, 0, 0.0, 3), zero = guarded_copy(&expected);
        differentiate(generic, 1, &a, &b, &expected, 0, 31);
        FOR_TABLES(k) {
            guarded found = guarded_copy(&zero);
            differentiate(k, 1, &a, &b, &found, 0, 31);
            assert_same_bits(&found, &expected);
            guarded_destroy(&found);
        }
        guarded_destroy(&a);
        guarded_destroy(&b);
        guarded_destroy(&expected);
        guarded_destroy(&zero);
    }
}

/* Rounding must not lose what is no number. */
static void gradient_carries_nan(void **state) {
    (void)state;
    static const float odd[] = {NAN, -NAN, INFINITY, -INFINITY};
    FOR_TABLES(k) {
        for (size_t i = 0; i < 2 * COUNT(odd); i++) {
            guarded a = guarded_create(9, 7, 0, 1.0, 1), b = guarded_create(9, 20, 0, 1.0, 2);
            guarded c = guarded_create(7, 20, 0, 1.0, 3);
            guarded_row(&a, 4)[3] = odd[i / 2];
            differentiate(k, i % 2, &a, &b, &c, 0, 7);
            for (size_t r = 0; r < 7; r++)
                for (size_t j = 0; j < 20; j++)
                    assert_int_equal(!isfinite(guarded_row(&c, r)[j]), r == 3);
            guarded_destroy(&a);
            guarded_destroy(&b);
            guarded_destroy(&c);
        }
    }
}

/* ------------------------------------------------------------------- halves */

/* Ties both ways, denormals, what rounds to infinity, and what is no number. */
static const uint32_t odd_floats[] = {
    0x3F808000u, 0x3F818000u, 0xBF808000u, 0x3F808001u, 0x3F807FFFu, 0x00008000u,
    0x80018000u, 0x00000001u, 0x00000000u, 0x80000000u, 0x7F7FFFFFu, 0xFF7F7FFFu,
    0x7F800000u, 0xFF800000u, 0x7F800001u, 0x7FC00000u, 0xFFFFFFFFu, 0xFFC0DEADu};

/* Halves [rows][columns] at an odd address, a half of 0xABAB before, between and after. */
typedef struct halves {
    uint16_t *data, *block;
    size_t stride, count;
} halves;

static halves halves_create(size_t rows, size_t columns, size_t gap) {
    halves h = {.stride = columns + gap, .count = rows * (columns + gap) + 2};
    h.block = malloc(h.count * sizeof *h.block);
    assert_non_null(h.block);
    memset(h.block, 0xAB, h.count * sizeof *h.block);
    h.data = h.block + 1;
    return h;
}

static guarded odd_rows(size_t rows, size_t columns, size_t gap) {
    guarded a = guarded_create(rows, columns, gap, 3.0, 1);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = r % 3; j < columns; j += 3)
            memcpy(guarded_row(&a, r) + j, &odd_floats[(j + 5 * r) % COUNT(odd_floats)],
                   sizeof(float));
    return a;
}

/* Every table rounds to the same bits, writes nothing else, and reads them back. */
static void halves_are_rounded_and_widened(void **state) {
    (void)state;
    static const size_t columns[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 65, 100};
    for (size_t c = 0; c < COUNT(columns); c++)
        for (size_t rows = 0; rows < 4; rows++) {
            size_t n = columns[c], gap = c % 2 * 3;
            guarded a = odd_rows(rows, n, gap), expected = guarded_copy(&a);
            halves wanted = halves_create(rows, n, gap);
            for (size_t r = 0; r < rows; r++)
                for (size_t j = 0; j < n; j++) {
                    uint32_t bits = rnn_narrow_bf16(guarded_row(&a, r)[j]);
                    memcpy(guarded_row(&expected, r) + j, &bits, sizeof bits);
                    wanted.data[r * wanted.stride + j] = (uint16_t)(bits >> 16);
                }
            FOR_TABLES(k) {
                guarded rounded = guarded_copy(&a), again = guarded_create(rows, n, gap, 1.0, 2);
                halves found = halves_create(rows, n, gap);
                k->round_bf16(rows, n, rounded.data, rounded.stride, found.data, found.stride);
                assert_same_bits(&rounded, &expected);
                assert_memory_equal(found.block, wanted.block, found.count * sizeof *found.block);
                k->widen_bf16(rows, n, found.data, found.stride, again.data, again.stride);
                assert_same_bits(&again, &expected);
                guarded_destroy(&rounded);
                guarded_destroy(&again);
                free(found.block);
            }
            guarded_destroy(&a);
            guarded_destroy(&expected);
            free(wanted.block);
        }
}

/* And it is the rounding that is meant, said in other words. */
static void halves_are_the_nearest(void **state) {
    (void)state;
    static const uint16_t nearest[] = {0x3F80, 0x3F82, 0xBF80, 0x3F81, 0x3F80, 0x0000, 0x8002,
                                       0x0000, 0x0000, 0x8000, 0x7F80, 0xFF7F, 0x7F80, 0xFF80};
    FOR_TABLES(k) {
        float x[COUNT(odd_floats)];
        uint16_t found[COUNT(odd_floats)];
        memcpy(x, odd_floats, sizeof x);
        k->round_bf16(1, COUNT(odd_floats), x, COUNT(odd_floats), found, COUNT(odd_floats));
        assert_memory_equal(found, nearest, sizeof nearest);
        for (size_t i = COUNT(nearest); i < COUNT(odd_floats); i++)
            assert_true(isnan(x[i]));
    }
}

/* --------------------------------------------------------------------- rows */

/* These only add, in a given order: every table gives the same bits. */
static void column_sums_add_in_order(void **state) {
    (void)state;
    static const size_t rows[] = {0, 1, 3, 4, 5, 9, 100}, columns[] = {1, 7, 8, 16, 65, 100};
    for (size_t r = 0; r < COUNT(rows); r++)
        for (size_t c = 0; c < COUNT(columns); c++) {
            guarded a = guarded_create(rows[r], columns[c], r % 2 * 3, 1.0, 1);
            guarded before = guarded_create(1, columns[c], 0, 1.0, 2);
            guarded expected = guarded_copy(&before);
            for (size_t i = 0; i < rows[r]; i++)
                for (size_t j = 0; j < columns[c]; j++)
                    expected.data[j] += guarded_row(&a, i)[j];
            FOR_TABLES(k) {
                guarded found = guarded_copy(&before);
                k->column_sums(rows[r], columns[c], a.data, a.stride, found.data);
                assert_same_bits(&found, &expected);
                guarded_destroy(&found);
            }
            guarded_destroy(&a);
            guarded_destroy(&before);
            guarded_destroy(&expected);
        }
}

static void gather_copies_rows(void **state) {
    (void)state;
    static const int32_t index[] = {3, 0, 3, 1, 4};
    static const size_t columns[] = {1, 7, 8, 16, 65, 100};
    for (size_t c = 0; c < COUNT(columns); c++) {
        guarded table = guarded_create(5, columns[c], c % 2, 1.0, 1);
        FOR_TABLES(k) {
            guarded found = guarded_create(5, columns[c], 2, 1.0, 2);
            k->gather(0, columns[c], table.data, table.stride, index, found.data, found.stride);
            k->gather(5, columns[c], table.data, table.stride, index, found.data, found.stride);
            for (size_t r = 0; r < 5; r++)
                assert_memory_equal(guarded_row(&found, r), guarded_row(&table, (size_t)index[r]),
                                    columns[c] * sizeof(float));
            guarded_destroy(&found);
        }
        guarded_destroy(&table);
    }
}

static void scatter_adds_rows_in_order(void **state) {
    (void)state;
    static const int32_t index[] = {3, 0, 3, 3, 4};
    static const size_t columns[] = {1, 7, 8, 16, 65, 100};
    for (size_t c = 0; c < COUNT(columns); c++) {
        size_t n = columns[c];
        guarded a = guarded_create(5, n, 3, 1.0, 1), before = guarded_create(5, n, 1, 1.0, 2);
        guarded expected = guarded_copy(&before);
        for (size_t r = 0; r < 5; r++)
            for (size_t j = 0; j < n; j++)
                guarded_row(&expected, (size_t)index[r])[j] += guarded_row(&a, r)[j];
        FOR_TABLES(k) {
            guarded found = guarded_copy(&before);
            k->scatter_add(5, index, a.data, a.stride, found.data, found.stride, 0, n / 3);
            k->scatter_add(5, index, a.data, a.stride, found.data, found.stride, n / 3, n);
            assert_same_bits(&found, &expected);
            guarded_destroy(&found);
        }
        guarded_destroy(&a);
        guarded_destroy(&before);
        guarded_destroy(&expected);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--time") == 0)
        return time_kernels();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_right_whole_and_in_pieces),
        cmocka_unit_test(gradients_in_bf16_add_rows_in_order),
        cmocka_unit_test(gradient_carries_nan),
        cmocka_unit_test(halves_are_rounded_and_widened),
        cmocka_unit_test(halves_are_the_nearest),
        cmocka_unit_test(column_sums_add_in_order),
        cmocka_unit_test(gather_copies_rows),
        cmocka_unit_test(scatter_adds_rows_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

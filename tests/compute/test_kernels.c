/* SPDX-License-Identifier: MIT
 *
 * test_kernels.c - the kernels' matrices and rows, on odd sizes and in pieces.
 * `test_kernels --time` times every kernel instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compute/guarded.h"
#include "tests/compute/kernel_timing.h"

/* ------------------------------------------------------------------ product */

enum start { ZERO, BIAS, ACCUMULATE };

typedef struct factors {
    guarded a, b, bias, c; /* [m][k], [k][n], [1][n], [m][n] */
    enum start start;
} factors;

/* Packs, one panel at a time or all at once; b's rows or its columns lie
 * together. */
static guarded pack(const rnn_kernels *k, const guarded *b, int transposed, int in_pieces) {
    size_t depth = b->rows, n = b->columns;
    guarded turned = guarded_create(n, depth, 0, 1.0, 0);
    for (size_t p = 0; p < depth; p++)
        for (size_t j = 0; j < n; j++)
            guarded_row(&turned, j)[p] = guarded_row(b, p)[j];
    guarded packed = guarded_create(1, k->packed_floats(depth, n), 0, 1.0, 1);
    const float *from = transposed ? turned.data : b->data;
    size_t row = transposed ? 1 : b->stride, column = transposed ? turned.stride : 1;
    size_t step = in_pieces ? k->panel : n;
    for (size_t begin = 0; begin < n; begin += step) {
        size_t end = begin + step < n ? begin + step : n;
        k->pack(packed.data, from, row, column, depth, n, begin, end);
    }
    guarded_destroy(&turned);
    return packed;
}

static void multiply(const rnn_kernels *k, const factors *f, const guarded *packed, guarded *c,
                     size_t row, size_t rows, size_t begin, size_t end) {
    k->product(rows, c->columns, f->a.columns, guarded_row(&f->a, row), f->a.stride, packed->data,
               f->start == BIAS ? f->bias.data : NULL, f->start == ACCUMULATE, guarded_row(c, row),
               c->stride, begin, end);
}

static void check_product(const factors *f, const guarded *c) {
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < c->columns; j++) {
            double sum = 0.0, size = 0.0;
            if (f->start == BIAS)
                sum = f->bias.data[j];
            else if (f->start == ACCUMULATE)
                sum = guarded_row(&f->c, i)[j];
            size = fabs(sum);
            for (size_t p = 0; p < f->a.columns; p++) {
                double term = (double)guarded_row(&f->a, i)[p] * guarded_row(&f->b, p)[j];
                sum += term;
                size += fabs(term);
            }
            /* The bound of rounding k + 1 times. */
            double bound = (double)(f->a.columns + 2) * 0x1p-24 * size;
            if (!(fabs(guarded_row(c, i)[j] - sum) <= bound))
                fail_msg("c[%zu][%zu] of %zu x %zu x %zu is %.9g, expected %.9g", i, j, c->rows,
                         c->columns, f->a.columns, guarded_row(c, i)[j], sum);
        }
}

static void try_product(const rnn_kernels *k, const factors *f) {
    size_t m = f->c.rows, n = f->c.columns;
    guarded packed = pack(k, &f->b, 0, 0), again = pack(k, &f->b, 1, 1);
    assert_same_bits(&packed, &again);
    guarded_destroy(&again);

    guarded whole = guarded_copy(&f->c), pieces = guarded_copy(&f->c);
    multiply(k, f, &packed, &whole, 0, m, 0, n);
    check_product(f, &whole);
    /* Rows in groups of 1, 2, 3, ...; columns a panel at a time. */
    size_t rows = 1;
    for (size_t row = 0; row < m; row += rows, rows++) {
        if (rows > m - row)
            rows = m - row;
        for (size_t begin = 0; begin < n; begin += k->panel)
            multiply(k, f, &packed, &pieces, row, rows, begin,
                     begin + k->panel < n ? begin + k->panel : n);
    }
    assert_same_bits(&whole, &pieces);
    guarded_destroy(&whole);
    guarded_destroy(&pieces);
    guarded_destroy(&packed);
}

static void product_is_right_whole_and_in_pieces(void **state) {
    (void)state;
    static const size_t ms[] = {0, 1, 2, 3, 4, 5, 6, 7, 13, 120};
    static const size_t ns[] = {1, 2, 7, 16, 17, 32, 65, 100};
    static const size_t ks[] = {0, 1, 2, 7, 65};
    int turn = 0;
    for (size_t i = 0; i < COUNT(ms); i++)
        for (size_t j = 0; j < COUNT(ns); j++)
            for (size_t p = 0; p < COUNT(ks); p++, turn++) {
                size_t m = ms[i], n = ns[j], k = ks[p];
                size_t gap = turn % 2 ? 3 : 0;
                factors f = {guarded_create(m, k, gap, 1.0, 1), guarded_create(k, n, gap, 1.0, 2),
                             guarded_create(1, n, 0, 1.0, 3), guarded_create(m, n, gap, 1.0, 4),
                             (enum start)(turn % 3)};
                FOR_TABLES(table) {
                    try_product(table, &f);
                }
                guarded_destroy(&f.a);
                guarded_destroy(&f.b);
                guarded_destroy(&f.bias);
                guarded_destroy(&f.c);
            }
}

/* More rows, more steps than the kernels keep in a cache at a time; many panels. */
static void product_of_larger_sizes(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{301, 40, 20}, {2, 300, 33},   {1, 300, 33}, {3, 300, 33},
                                      {13, 40, 700}, {50, 17, 1100}, {2, 40, 1100}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int start = ZERO; start <= ACCUMULATE; start++) {
            size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            factors f = {guarded_create(m, k, 0, 1.0, 1), guarded_create(k, n, 0, 1.0, 2),
                         guarded_create(1, n, 0, 1.0, 3), guarded_create(m, n, 0, 1.0, 4),
                         (enum start)start};
            FOR_TABLES(table) {
                try_product(table, &f);
            }
            guarded_destroy(&f.a);
            guarded_destroy(&f.b);
            guarded_destroy(&f.bias);
            guarded_destroy(&f.c);
        }
}

static void product_carries_nan(void **state) {
    (void)state;
    FOR_TABLES(k) {
        factors f = {guarded_create(5, 9, 0, 1.0, 1), guarded_create(9, 20, 0, 1.0, 2),
                     guarded_create(1, 20, 0, 1.0, 3), guarded_create(5, 20, 0, 1.0, 4), ZERO};
        guarded_row(&f.a, 2)[4] = NAN;
        guarded packed = pack(k, &f.b, 0, 0);
        multiply(k, &f, &packed, &f.c, 0, 5, 0, 20);
        for (size_t i = 0; i < 5; i++)
            for (size_t j = 0; j < 20; j++)
                assert_int_equal(isnan(guarded_row(&f.c, i)[j]) != 0, i == 2);
        guarded_destroy(&packed);
        guarded_destroy(&f.a);
        guarded_destroy(&f.b);
        guarded_destroy(&f.bias);
        guarded_destroy(&f.c);
    }
}

/* ----------------------------------------------------------------- gradient */

static void differentiate(const rnn_kernels *k, const guarded *a, const guarded *b, guarded *c,
                          size_t begin, size_t end) {
    guarded scratch =
        guarded_create(1, k->gradient_scratch(a->rows, a->columns, b->columns), 0, 1.0, 5);
    k->gradient(a->rows, a->columns, b->columns, a->data, a->stride, b->data, b->stride, c->data,
                c->stride, begin, end, scratch.data);
    guarded_destroy(&scratch);
}

static void check_gradient(const guarded *a, const guarded *b, const guarded *before,
                           const guarded *c) {
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < c->columns; j++) {
            double sum = guarded_row(before, i)[j], size = fabs(sum);
            for (size_t r = 0; r < a->rows; r++) {
                double term = (double)guarded_row(a, r)[i] * guarded_row(b, r)[j];
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
                FOR_TABLES(k) {
                    guarded whole = guarded_copy(&before), pieces = guarded_copy(&before);
                    differentiate(k, &a, &b, &whole, 0, m);
                    check_gradient(&a, &b, &before, &whole);
                    size_t grain = k->gradient_grain, step = grain;
                    for (size_t begin = 0; begin < m; begin += step, step += grain)
                        differentiate(k, &a, &b, &pieces, begin,
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
        cmocka_unit_test(product_is_right_whole_and_in_pieces),
        cmocka_unit_test(product_of_larger_sizes),
        cmocka_unit_test(product_carries_nan),
        cmocka_unit_test(gradient_is_right_whole_and_in_pieces),
        cmocka_unit_test(column_sums_add_in_order),
        cmocka_unit_test(gather_copies_rows),
        cmocka_unit_test(scatter_adds_rows_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

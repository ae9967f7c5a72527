/* SPDX-License-Identifier: MIT
 *
 * test_products.c - the matrix products of every table in every precision, on odd
 * sizes and in pieces, against sums in double of what the precision says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compute/guarded.h"

enum start { ZERO, BIAS, ACCUMULATE };

typedef struct factors {
    guarded a, b, bias, c; /* [m][k], [k][n], [1][n], [m][n] */
    enum start start;
} factors;

static factors factors_create(size_t m, size_t n, size_t k, size_t gap, enum start start) {
    return (factors){guarded_create(m, k, gap, 1.0, 1), guarded_create(k, n, gap, 1.0, 2),
                     guarded_create(1, n, 0, 1.0, 3), guarded_create(m, n, gap, 1.0, 4), start};
}

static void factors_destroy(factors *f) {
    guarded_destroy(&f->a);
    guarded_destroy(&f->b);
    guarded_destroy(&f->bias);
    guarded_destroy(&f->c);
}

/* ------------------------------------------------------------------- products */

/* Packs, one panel at a time or all at once; b's rows or its columns lie
 * together. */
static guarded pack(const rnn_product *by, const guarded *b, int transposed, int in_pieces) {
    size_t depth = b->rows, n = b->columns;
    guarded turned = guarded_create(n, depth, 0, 1.0, 0);
    for (size_t p = 0; p < depth; p++)
        for (size_t j = 0; j < n; j++)
            guarded_row(&turned, j)[p] = guarded_row(b, p)[j];
    assert_int_equal(by->packed_bytes(depth, n) % sizeof(float), 0);
    guarded packed = guarded_create(1, by->packed_bytes(depth, n) / sizeof(float), 0, 1.0, 1);
    const float *from = transposed ? turned.data : b->data;
    size_t row = transposed ? 1 : b->stride, column = transposed ? turned.stride : 1;
    size_t step = in_pieces ? by->panel : n;
    for (size_t begin = 0; begin < n; begin += step) {
        size_t end = begin + step < n ? begin + step : n;
        by->pack(packed.data, from, row, column, depth, n, begin, end);
    }
    guarded_destroy(&turned);
    return packed;
}

/* Rows [row, row + rows) of A as the product reads them. */
static guarded operand(const rnn_product *by, const guarded *a, size_t row, size_t rows) {
    guarded made = guarded_create(rows, by->operand_floats(a->columns), 0, 1.0, 1);
    by->convert(rows, a->columns, guarded_row(a, row), a->stride, made.data);
    return made;
}

static void multiply(const rnn_product *by, const factors *f, const guarded *packed, guarded *c,
                     size_t row, size_t rows, size_t begin, size_t end) {
    guarded converted;
    const float *a = guarded_row(&f->a, row);
    size_t stride = f->a.stride;
    if (by->convert) {
        converted = operand(by, &f->a, row, rows);
        a = converted.data;
        stride = converted.stride;
    }
    by->multiply(rows, c->columns, f->a.columns, a, stride, packed->data,
                 f->start == BIAS ? f->bias.data : NULL, f->start == ACCUMULATE,
                 guarded_row(c, row), c->stride, begin, end);
    if (by->convert)
        guarded_destroy(&converted);
}

/* ------------------------------------------------------------ what is expected */

/* The bfloat16 nearest to a normal float, by arithmetic: the even one of two. */
static double to_bf16(double x) {
    int exponent;
    double fraction = frexp(x, &exponent);
    return ldexp(nearbyint(ldexp(fraction, 8)), exponent - 8);
}

/* x [n] as the precision has it; for int8 in steps of the scale that is returned. */
static double narrowed(rnn_precision precision, size_t n, const float *x, size_t stride,
                       float largest, double *out) {
    float most = 0.0f;
    for (size_t j = 0; j < n; j++)
        most = fmaxf(most, fabsf(x[j * stride]));
    for (size_t j = 0; j < n; j++) {
        float value = x[j * stride];
        if (precision == RNN_PRECISION_INT8)
            out[j] = most > 0 ? (double)nearbyintf(value * (largest / most)) : 0.0;
        else
            out[j] = precision == RNN_PRECISION_BF16 ? to_bf16(value) : (double)value;
    }
    return precision == RNN_PRECISION_INT8 ? (double)most / (double)largest : 1.0;
}

static void check_product(rnn_precision precision, const factors *f, const guarded *c) {
    size_t k = f->a.columns, m = c->rows, n = c->columns;
    double *a = malloc((k + 1) * sizeof *a), *b = malloc((k + 1) * sizeof *b);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double scale = narrowed(precision, k, guarded_row(&f->a, i), 1, 63, a);
            scale *= narrowed(precision, k, f->b.data + j, f->b.stride, 127, b);
            double sum = 0.0, size = 0.0;
            if (f->start == BIAS)
                sum = f->bias.data[j];
            else if (f->start == ACCUMULATE)
                sum = guarded_row(&f->c, i)[j];
            size = fabs(sum);
            for (size_t p = 0; p < k; p++) {
                sum += a[p] * b[p] * scale;
                size += fabs(a[p] * b[p] * scale);
            }
            /* The bound of rounding k + 1 times; of integers, of rounding the scales,
             * their product, the sum's conversion, its scaling and the addition. */
            double roundings = precision == RNN_PRECISION_INT8 ? 6 : (double)(k + 2);
            if (!(fabs(guarded_row(c, i)[j] - sum) <= roundings * 0x1p-24 * size))
                fail_msg("c[%zu][%zu] of %zu x %zu x %zu is %.9g, expected %.9g", i, j, m, n, k,
                         guarded_row(c, i)[j], sum);
        }
    free(a);
    free(b);
}

/* ---------------------------------------------------------------------- tests */

/* The product whole; the same in pieces of any shape. */
static guarded try_product(const rnn_product *by, const factors *f) {
    size_t m = f->c.rows, n = f->c.columns;
    guarded packed = pack(by, &f->b, 0, 0), again = pack(by, &f->b, 1, 1);
    assert_same_bits(&packed, &again);
    guarded_destroy(&again);

    guarded whole = guarded_copy(&f->c), pieces = guarded_copy(&f->c);
    multiply(by, f, &packed, &whole, 0, m, 0, n);
    /* Rows in groups of 1, 2, 3, ...; columns a panel at a time. */
    size_t rows = 1;
    for (size_t row = 0; row < m; row += rows, rows++) {
        if (rows > m - row)
            rows = m - row;
        for (size_t begin = 0; begin < n; begin += by->panel)
            multiply(by, f, &packed, &pieces, row, rows, begin,
                     begin + by->panel < n ? begin + by->panel : n);
    }
    assert_same_bits(&whole, &pieces);
    guarded_destroy(&pieces);
    guarded_destroy(&packed);
    return whole;
}

/* All tables in all precisions; where a precision promises it, to the same bits. */
static void try_all(const factors *f) {
    const rnn_kernels *generic;
    assert_int_equal(rnn_kernels_pick(&generic, "generic", NULL), RNN_OK);
    for (int precision = RNN_PRECISION_FLOAT32; precision < RNN_PRECISIONS; precision++) {
        guarded expected = try_product(generic->products[precision], f);
        check_product((rnn_precision)precision, f, &expected);
        FOR_TABLES(k) {
            guarded found = try_product(k->products[precision], f);
            if (precision == RNN_PRECISION_FLOAT32)
                check_product(RNN_PRECISION_FLOAT32, f, &found);
            else
                assert_same_bits(&found, &expected);
            guarded_destroy(&found);
        }
        guarded_destroy(&expected);
    }
}

static void products_are_right_whole_and_in_pieces(void **state) {
    (void)state;
    static const size_t ms[] = {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15};
    static const size_t ns[] = {1, 2, 7, 16, 17, 65, 100};
    static const size_t ks[] = {0, 1, 2, 7, 65};
    int turn = 0;
    for (size_t i = 0; i < COUNT(ms); i++)
        for (size_t j = 0; j < COUNT(ns); j++)
            for (size_t p = 0; p < COUNT(ks); p++, turn++) {
                factors f =
                    factors_create(ms[i], ns[j], ks[p], turn % 2 ? 3 : 0, (enum start)(turn % 3));
                try_all(&f);
                factors_destroy(&f);
            }
}

/* More rows, more steps than the kernels keep in a cache at a time; many panels. */
static void products_of_larger_sizes(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{301, 40, 20}, {2, 300, 33},   {1, 300, 33}, {3, 300, 33},
                                      {13, 40, 700}, {50, 17, 1100}, {2, 40, 1100}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int start = ZERO; start <= ACCUMULATE; start++) {
            factors f = factors_create(sizes[i][0], sizes[i][1], sizes[i][2], 0, (enum start)start);
            try_all(&f);
            factors_destroy(&f);
        }
}

/* Ties of rounding, largest and smallest numbers, rows and columns of zeros. */
static void narrow_products_of_special_numbers(void **state) {
    (void)state;
    static const float numbers[] = {0.0f,         -0.0f,       1.00390625f,   1.01171875f,
                                    -1.00390625f, 0x1.fep+20f, -0x1.ff8p+20f, 0x1p-60f,
                                    127.0f,       -126.5f,     0.5f,          -1.5f,
                                    2.5f,         63.5f,       0x1.8p-50f};
    for (size_t k = 1; k < 40; k += 6) {
        factors f = factors_create(5, 20, k, 0, BIAS);
        for (size_t p = 0; p < k; p++) {
            for (size_t i = 0; i < 5; i++)
                guarded_row(&f.a, i)[p] = i == 3 ? 0.0f : numbers[(3 * i + 7 * p) % COUNT(numbers)];
            for (size_t j = 0; j < 20; j++)
                guarded_row(&f.b, p)[j] = j == 9 ? 0.0f : numbers[(j + 11 * p) % COUNT(numbers)];
        }
        try_all(&f);
        factors_destroy(&f);
    }
}

/* -127 times -127, as often as the sums can take. */
static void integers_do_not_overflow(void **state) {
    (void)state;
    const size_t k = 131072;
    factors f = factors_create(1, 1, k, 0, ZERO);
    for (size_t p = 0; p < k; p++)
        f.a.data[p] = f.b.data[p] = -127.0f;
    FOR_TABLES(table) {
        const rnn_product *by = table->products[RNN_PRECISION_INT8];
        guarded packed = pack(by, &f.b, 0, 0), c = guarded_copy(&f.c);
        multiply(by, &f, &packed, &c, 0, 1, 0, 1);
        assert_true(c.data[0] == 127.0f * 127.0f * (float)k); /* 63 127 k times 127 / 63 */
        guarded_destroy(&packed);
        guarded_destroy(&c);
    }
    factors_destroy(&f);
}

/* What rounding to integers costs is bounded by half a step of each factor. */
static void integers_are_close(void **state) {
    (void)state;
    const size_t m = 7, n = 65, k = 512;
    factors f = factors_create(m, n, k, 0, ZERO);
    FOR_TABLES(table) {
        guarded found = try_product(table->products[RNN_PRECISION_INT8], &f);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0.0, left = 0.0, right = 0.0, a_most = 0.0, b_most = 0.0;
                for (size_t p = 0; p < k; p++) {
                    double a = guarded_row(&f.a, i)[p], b = guarded_row(&f.b, p)[j];
                    sum += a * b;
                    left += fabs(a);
                    right += fabs(b);
                    a_most = fmax(a_most, fabs(a));
                    b_most = fmax(b_most, fabs(b));
                }
                double bound = left * b_most / 254 + right * a_most / 126 +
                               (double)k * a_most * b_most / 254 / 126 + 1e-4;
                assert_true(fabs(guarded_row(&found, i)[j] - sum) <= bound);
            }
        guarded_destroy(&found);
    }
    factors_destroy(&f);
}

static void expect_nans(const rnn_product *by, const factors *f, size_t row, size_t column) {
    guarded packed = pack(by, &f->b, 0, 0), c = guarded_copy(&f->c);
    multiply(by, f, &packed, &c, 0, c.rows, 0, c.columns);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.columns; j++)
            assert_int_equal(isnan(guarded_row(&c, i)[j]) != 0, i == row || j == column);
    guarded_destroy(&packed);
    guarded_destroy(&c);
}

static void products_carry_nan(void **state) {
    (void)state;
    FOR_TABLES(k) {
        for (int precision = RNN_PRECISION_FLOAT32; precision < RNN_PRECISIONS; precision++) {
            const rnn_product *by = k->products[precision];
            factors f = factors_create(5, 20, 9, 0, ZERO);
            guarded_row(&f.a, 2)[4] = NAN;
            expect_nans(by, &f, 2, SIZE_MAX);
            guarded_row(&f.a, 2)[4] = 0;
            guarded_row(&f.b, 3)[17] = -NAN;
            expect_nans(by, &f, SIZE_MAX, 17);
            guarded_row(&f.b, 3)[17] = INFINITY;
            guarded_row(&f.b, 4)[17] = -INFINITY;
            for (size_t i = 0; i < 5; i++)
                guarded_row(&f.a, i)[3] = guarded_row(&f.a, i)[4] = 1;
            expect_nans(by, &f, SIZE_MAX, 17);
            factors_destroy(&f);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right_whole_and_in_pieces),
        cmocka_unit_test(products_of_larger_sizes),
        cmocka_unit_test(narrow_products_of_special_numbers),
        cmocka_unit_test(integers_do_not_overflow),
        cmocka_unit_test(integers_are_close),
        cmocka_unit_test(products_carry_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * test_kernels_cells.c - sigmoid and tanh against the C library's double
 * functions; the cells against the generic table, and that one against
 * differences of its own forward pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compute/guarded.h"

/* ---------------------------------------------------------- sigmoid and tanh */

static double sigmoid_double(double x) {
    return 1.0 / (1.0 + exp(-x));
}

/* The largest absolute error of function over floats of all sizes and signs;
 * holds values to [low, 1] and NaN to NaN. */
static double worst_error(void (*function)(size_t, const float *, float *), double (*exact)(double),
                          float low) {
    enum { MANY = 1001 };
    float x[MANY], y[MANY];
    double worst = 0.0;
    uint64_t bits = 0;
    while (bits <= UINT32_MAX) {
        size_t count = 0;
        for (; count < MANY && bits <= UINT32_MAX; bits += 4099) {
            uint32_t word = (uint32_t)bits;
            memcpy(&x[count++], &word, sizeof word);
        }
        function(count, x, y);
        for (size_t i = 0; i < count; i++) {
            if (isnan(x[i])) {
                assert_true(isnan(y[i]));
                continue;
            }
            assert_true(y[i] >= low && y[i] <= 1.0f);
            double error = fabs((double)y[i] - exact((double)x[i]));
            worst = error > worst ? error : worst;
        }
    }
    return worst;
}

static void sigmoid_and_tanh_are_close(void **state) {
    (void)state;
    FOR_TABLES(k) {
        double of_sigmoid = worst_error(k->sigmoid, sigmoid_double, 0.0f);
        double of_tanh = worst_error(k->tanh, tanh, -1.0f);
        print_message("%s: sigmoid within %.2g, tanh within %.2g\n", k->name, of_sigmoid, of_tanh);
        assert_true(of_sigmoid <= 1.2e-7);
        assert_true(of_tanh <= 1.5e-7);
    }
}

/* Where most sums lie, every float step counts: a finer net over [-20, 20]. */
static void sigmoid_and_tanh_on_a_fine_net(void **state) {
    (void)state;
    enum { MANY = 400001 };
    float *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
    float *z = malloc(MANY * sizeof *z);
    assert_true(x && y && z);
    for (size_t i = 0; i < MANY; i++)
        x[i] = (float)((double)i * 1e-4 - 20.0);
    FOR_TABLES(k) {
        k->sigmoid(MANY, x, y);
        for (size_t i = 0; i < MANY; i++)
            assert_true(fabs(y[i] - sigmoid_double(x[i])) <= 1.2e-7);
        k->tanh(MANY, x, y);
        for (size_t i = 0; i < MANY; i++) {
            double exact = tanh(x[i]);
            assert_true(fabs(y[i] - exact) <= 1.5e-7 && fabs(y[i] - exact) <= 2.5e-7 * fabs(exact));
            z[i] = -x[i];
        }
        k->tanh(MANY, z, z);
        for (size_t i = 0; i < MANY; i++)
            assert_true(z[i] == -y[i]);
    }
    free(x);
    free(y);
    free(z);
}

static void sigmoid_and_tanh_at_the_ends(void **state) {
    (void)state;
    const float x[] = {INFINITY, -INFINITY, 0.0f, -0.0f, 1e-42f, -1e-42f, 3e38f, -3e38f, NAN};
    float y[COUNT(x)];
    FOR_TABLES(k) {
        k->tanh(COUNT(x), x, y);
        const float expected[] = {1.0f, -1.0f, 0.0f, -0.0f, 1e-42f, -1e-42f, 1.0f, -1.0f};
        for (size_t i = 0; i < COUNT(expected); i++) {
            assert_true(y[i] == expected[i]);
            assert_int_equal(signbit(y[i]) != 0, signbit(x[i]) != 0);
        }
        assert_true(isnan(y[8]));
        k->sigmoid(COUNT(x), x, y);
        assert_true(y[0] == 1.0f && y[6] == 1.0f && y[2] == 0.5f && y[3] == 0.5f);
        assert_true(y[1] >= 0.0f && y[1] < 1e-37f && y[7] >= 0.0f && y[7] < 1e-37f);
        assert_true(isnan(y[8]));
    }
}

/* --------------------------------------------------------------------- cells */

/* Everything that a cell reads or writes. */
typedef struct unit {
    guarded gates;                 /* [rows][blocks hidden] */
    guarded prev, next, h, dh, dc; /* [rows][hidden] */
} unit;

static unit unit_create(size_t rows, size_t hidden, size_t blocks, size_t gap) {
    return (unit){guarded_create(rows, blocks * hidden, gap, 4.0, 1),
                  guarded_create(rows, hidden, 0, 2.0, 2),
                  guarded_create(rows, hidden, 0, 2.0, 3),
                  guarded_create(rows, hidden, 0, 1.0, 4),
                  guarded_create(rows, hidden, 0, 1.0, 5),
                  guarded_create(rows, hidden, 0, 1.0, 6)};
}

static unit unit_copy(const unit *from) {
    return (unit){guarded_copy(&from->gates), guarded_copy(&from->prev), guarded_copy(&from->next),
                  guarded_copy(&from->h),     guarded_copy(&from->dh),   guarded_copy(&from->dc)};
}

static void unit_destroy(unit *u) {
    guarded_destroy(&u->gates);
    guarded_destroy(&u->prev);
    guarded_destroy(&u->next);
    guarded_destroy(&u->h);
    guarded_destroy(&u->dh);
    guarded_destroy(&u->dc);
}

static void units_same(const unit *a, const unit *b) {
    assert_same_bits(&a->gates, &b->gates);
    assert_same_bits(&a->prev, &b->prev);
    assert_same_bits(&a->next, &b->next);
    assert_same_bits(&a->h, &b->h);
    assert_same_bits(&a->dh, &b->dh);
    assert_same_bits(&a->dc, &b->dc);
}

static void units_close(const unit *a, const unit *b) {
    assert_all_close(&a->gates, &b->gates, 2e-6);
    assert_all_close(&a->prev, &b->prev, 2e-6);
    assert_all_close(&a->next, &b->next, 2e-6);
    assert_all_close(&a->h, &b->h, 2e-6);
    assert_all_close(&a->dh, &b->dh, 2e-6);
    assert_all_close(&a->dc, &b->dc, 2e-6);
}

/* A kernel on rows [row, row + rows) of a unit. */
typedef void (*verb)(const rnn_kernels *k, const unit *u, size_t row, size_t rows);

/* Forwards, several rows go at once over all units, a single row in two ranges. */
static size_t cut(const unit *u, size_t rows) {
    return rows == 1 ? u->h.columns / 3 : u->h.columns;
}

static void lstm_forward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    size_t hidden = u->h.columns, begin = 0;
    for (size_t end = cut(u, rows);; begin = end, end = hidden) {
        k->lstm_forward(rows, hidden, guarded_row(&u->gates, row), u->gates.stride,
                        guarded_row(&u->prev, row), guarded_row(&u->next, row),
                        guarded_row(&u->h, row), begin, end);
        if (end == hidden)
            break;
    }
}

static void lstm_forward_in_place(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    size_t hidden = u->h.columns, begin = 0;
    for (size_t end = cut(u, rows);; begin = end, end = hidden) {
        k->lstm_forward(rows, hidden, guarded_row(&u->gates, row), u->gates.stride,
                        guarded_row(&u->prev, row), guarded_row(&u->prev, row),
                        guarded_row(&u->h, row), begin, end);
        if (end == hidden)
            break;
    }
}

/* Into dh, which has the right shape. */
static void lstm_cell(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    k->lstm_cell(rows, u->h.columns, guarded_row(&u->gates, row), u->gates.stride,
                 guarded_row(&u->prev, row), guarded_row(&u->dh, row));
}

static void lstm_backward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    k->lstm_backward(rows, u->h.columns, guarded_row(&u->gates, row), u->gates.stride,
                     guarded_row(&u->prev, row), guarded_row(&u->next, row),
                     guarded_row(&u->dh, row), guarded_row(&u->dc, row));
}

static void gru_forward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    size_t hidden = u->h.columns, begin = 0;
    for (size_t end = cut(u, rows);; begin = end, end = hidden) {
        k->gru_forward(rows, hidden, guarded_row(&u->gates, row), u->gates.stride,
                       guarded_row(&u->prev, row), guarded_row(&u->h, row), begin, end);
        if (end == hidden)
            break;
    }
}

static void gru_forward_in_place(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    size_t hidden = u->h.columns, begin = 0;
    for (size_t end = cut(u, rows);; begin = end, end = hidden) {
        k->gru_forward(rows, hidden, guarded_row(&u->gates, row), u->gates.stride,
                       guarded_row(&u->prev, row), guarded_row(&u->prev, row), begin, end);
        if (end == hidden)
            break;
    }
}

static void gru_backward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    k->gru_backward(rows, u->h.columns, guarded_row(&u->gates, row), u->gates.stride,
                    guarded_row(&u->prev, row), guarded_row(&u->dh, row), guarded_row(&u->dc, row));
}

static void gru_backward_at_the_start(const rnn_kernels *k, const unit *u, size_t row,
                                      size_t rows) {
    k->gru_backward(rows, u->h.columns, guarded_row(&u->gates, row), u->gates.stride,
                    guarded_row(&u->prev, row), guarded_row(&u->dh, row), NULL);
}

static void tanh_forward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    size_t hidden = u->h.columns, begin = 0;
    for (size_t end = cut(u, rows);; begin = end, end = hidden) {
        k->tanh_forward(rows, hidden, guarded_row(&u->gates, row), u->gates.stride,
                        guarded_row(&u->h, row), begin, end);
        if (end == hidden)
            break;
    }
}

static void tanh_backward(const rnn_kernels *k, const unit *u, size_t row, size_t rows) {
    k->tanh_backward(rows, u->h.columns, guarded_row(&u->gates, row), u->gates.stride,
                     guarded_row(&u->h, row), guarded_row(&u->dh, row));
}

/* Every table agrees with the generic one, and with itself row by row. */
static void try_verb(verb run, verb before, size_t blocks) {
    static const size_t hidden[] = {1, 4, 7, 8, 65, 100}, rows[] = {0, 1, 3};
    for (size_t i = 0; i < COUNT(hidden); i++)
        for (size_t r = 0; r < COUNT(rows); r++) {
            unit start = unit_create(rows[r], hidden[i], blocks, i % 2 * 3);
            const rnn_kernels *generic;
            assert_int_equal(rnn_kernels_pick(&generic, "generic", NULL), RNN_OK);
            if (before) /* activations for a backward kernel */
                before(generic, &start, 0, rows[r]);
            unit expected = unit_copy(&start);
            run(generic, &expected, 0, rows[r]);
            FOR_TABLES(k) {
                unit whole = unit_copy(&start), pieces = unit_copy(&start);
                run(k, &whole, 0, rows[r]);
                units_close(&whole, &expected);
                for (size_t row = 0; row < rows[r]; row++)
                    run(k, &pieces, row, 1);
                units_same(&whole, &pieces);
                unit_destroy(&whole);
                unit_destroy(&pieces);
            }
            unit_destroy(&expected);
            unit_destroy(&start);
        }
}

static void cells_agree(void **state) {
    (void)state;
    try_verb(lstm_forward, NULL, 4);
    try_verb(lstm_forward_in_place, NULL, 4);
    try_verb(lstm_cell, lstm_forward, 4);
    try_verb(lstm_backward, lstm_forward, 4);
    try_verb(gru_forward, NULL, 4);
    try_verb(gru_forward_in_place, NULL, 4);
    try_verb(gru_backward, gru_forward, 4);
    try_verb(gru_backward_at_the_start, gru_forward, 4);
    try_verb(tanh_forward, NULL, 1);
    try_verb(tanh_backward, tanh_forward, 1);
}

/* The way back makes c again: it must meet the same one. */
static void lstm_cell_repeats(void **state) {
    (void)state;
    for (const rnn_kernels *const *k = rnn_kernels_available(); *k; k++)
        for (size_t hidden = 1; hidden < 40; hidden += 3) {
            unit u = unit_create(3, hidden, 4, 2);
            lstm_forward(*k, &u, 0, 3);
            lstm_cell(*k, &u, 0, 3);
            for (size_t r = 0; r < 3; r++)
                assert_memory_equal(guarded_row(&u.dh, r), guarded_row(&u.next, r),
                                    hidden * sizeof(float));
            unit_destroy(&u);
        }
}

/* A number made of everything that a cell puts out: sum of dh h + dc next. */
static double outcome(verb forward, const unit *start, int with_next) {
    const rnn_kernels *generic;
    rnn_kernels_pick(&generic, "generic", NULL);
    unit u = unit_copy(start);
    forward(generic, &u, 0, 1);
    double sum = 0.0;
    for (size_t j = 0; j < u.h.columns; j++) {
        sum += (double)u.dh.data[j] * u.h.data[j];
        if (with_next)
            sum += (double)u.dc.data[j] * u.next.data[j];
    }
    unit_destroy(&u);
    return sum;
}

static double slope(verb forward, unit *start, float *at, int with_next) {
    const float step = 0.01f, middle = *at;
    *at = middle + step;
    double above = outcome(forward, start, with_next), up = *at;
    *at = middle - step;
    double below = outcome(forward, start, with_next), down = *at;
    *at = middle;
    return (above - below) / (up - down);
}

/* The generic backward kernels are the slopes of the forward ones. */
static void backward_is_the_slope(void **state) {
    (void)state;
    const rnn_kernels *generic;
    rnn_kernels_pick(&generic, "generic", NULL);
    static const struct {
        verb forward, backward;
        size_t blocks;
        int is_lstm;
    } cells[] = {{lstm_forward, lstm_backward, 4, 1},
                 {gru_forward, gru_backward, 4, 0},
                 {tanh_forward, tanh_backward, 1, 0}};
    for (size_t i = 0; i < COUNT(cells); i++) {
        unit start = unit_create(1, 5, cells[i].blocks, 0);
        unit u = unit_copy(&start);
        cells[i].forward(generic, &u, 0, 1);
        if (!cells[i].is_lstm) /* dc stands for dh_prev, which is added to */
            memset(u.dc.data, 0, u.dc.columns * sizeof(float));
        cells[i].backward(generic, &u, 0, 1);
        for (size_t j = 0; j < start.gates.columns; j++)
            assert_close(u.gates.data[j],
                         slope(cells[i].forward, &start, start.gates.data + j, cells[i].is_lstm),
                         1e-3);
        for (size_t j = 0; j < start.prev.columns && cells[i].blocks > 1; j++)
            assert_close(u.dc.data[j],
                         slope(cells[i].forward, &start, start.prev.data + j, cells[i].is_lstm),
                         1e-3);
        unit_destroy(&u);
        unit_destroy(&start);
    }
}

static void cells_carry_nan(void **state) {
    (void)state;
    FOR_TABLES(k) {
        for (size_t gate = 0; gate < 4; gate++) {
            unit u = unit_create(1, 9, 4, 0);
            u.gates.data[gate * 9 + 8] = NAN;
            u.gates.data[gate * 9 + 2] = NAN;
            lstm_forward(k, &u, 0, 1);
            assert_true(isnan(u.h.data[8]) && isnan(u.h.data[2]) && !isnan(u.h.data[3]));
            u.gates.data[gate * 9 + 8] = u.gates.data[gate * 9 + 2] = NAN;
            gru_forward(k, &u, 0, 1);
            assert_true(isnan(u.h.data[8]) && isnan(u.h.data[2]) && !isnan(u.h.data[3]));
            unit_destroy(&u);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigmoid_and_tanh_are_close),
        cmocka_unit_test(sigmoid_and_tanh_on_a_fine_net),
        cmocka_unit_test(sigmoid_and_tanh_at_the_ends),
        cmocka_unit_test(cells_agree),
        cmocka_unit_test(lstm_cell_repeats),
        cmocka_unit_test(backward_is_the_slope),
        cmocka_unit_test(cells_carry_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * test_reading.c - what is kept of a piece of text, and figures of all units, against
 * their definitions.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/reading.h"
#include "tests/inference/made_model.h"

#define TEXT   "hello world,\nthe quick brown fox jumps over a lazy dog"
#define TURNS  40 /* more than is handed to the tracer at once */
#define LENGTH (TURNS * (sizeof TEXT - 1))
#define HIDDEN 9
#define UNITS  (2 * HIDDEN)
#define FROM   700
#define SHOWN  800

static int32_t symbols[LENGTH];

static void read_array(const void *context, uint64_t from, size_t count, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, count * sizeof(int32_t));
}

static rnn_model *model_and_text(rnn_cell cell) {
    rnn_model *model = made_model(TEXT, cell, HIDDEN, 0, 0);
    for (size_t i = 0; i < TURNS; i++) {
        int32_t *some;
        size_t count;
        rnn_model_encode(model, TEXT, sizeof TEXT - 1, 0, &some, &count, NULL);
        memcpy(symbols + i * count, some, count * sizeof *some);
        rnn_free(some);
    }
    return model;
}

/* All values of the text, straight from a tracer. */
typedef struct whole {
    size_t width;
    float *values;
    double nats[LENGTH];
} whole;

static void take(void *context, const rnn_trace_row *row) {
    whole *to = context;
    memcpy(to->values + row->place * to->width, row->values, to->width * sizeof(float));
    to->nats[row->place] = row->nats;
}

static whole *trace(const rnn_model *model, const rnn_tracing *how) {
    rnn_tracer *tracer;
    whole *all = calloc(1, sizeof *all);
    assert_int_equal(rnn_tracer_create(&tracer, model, how, NULL), RNN_OK);
    all->width = rnn_tracer_width(tracer);
    all->values = calloc(LENGTH * all->width, sizeof(float));
    rnn_tracer_read(tracer, symbols, LENGTH, take, all);
    rnn_tracer_destroy(tracer);
    return all;
}

static void free_whole(whole *all) {
    free(all->values);
    free(all);
}

static const reading_text text = {read_array, symbols, FROM, SHOWN};

static void test_piece_of_a_text(void **state) {
    (void)state;
    rnn_model *model = model_and_text(RNN_CELL_LSTM);
    rnn_tracing how = {.likeliest = 3, .threads = 1};
    whole *all = trace(model, &how);
    reading got;
    size_t known;
    assert_int_equal(reading_make(&got, model, &text, &how, NULL), RNN_OK);
    assert_int_equal(got.count, SHOWN);
    assert_int_equal(got.width, UNITS);
    assert_int_equal(got.candidates, 3);
    assert_memory_equal(got.values, all->values + FROM * UNITS, SHOWN * UNITS * sizeof(float));
    assert_memory_equal(got.symbols, symbols + FROM, SHOWN * sizeof *symbols);
    double sum = 0;
    for (size_t i = 0; i < SHOWN; i++) {
        assert_true(fabs((double)got.bits[i] - all->nats[FROM + i] / log(2)) < 1e-5);
        sum += (double)got.bits[i];
        assert_true(got.likeliest[3 * i].probability >= got.likeliest[3 * i + 1].probability);
    }
    assert_true(fabs(reading_total(&got, &known) - sum) < 1e-9 * sum);
    assert_int_equal(known, SHOWN);
    reading_release(&got);

    /* From the beginning, the first has no bits. */
    assert_int_equal(
        reading_make(&got, model, &(reading_text){read_array, symbols, 0, 5}, &how, NULL), RNN_OK);
    assert_true(isnan(got.bits[0]));
    reading_total(&got, &known);
    assert_int_equal(known, 4);
    reading_release(&got);
    free_whole(all);
    rnn_model_destroy(model);
}

static void check_survey(rnn_cell cell, int gates, const rnn_signal *signals) {
    rnn_model *model = model_and_text(cell);
    survey got;
    rnn_tracing how = {.threads = 1};
    assert_int_equal(survey_make(&got, model, &text, &how, NULL), RNN_OK);
    assert_int_equal(got.gates, gates);
    whole *all = trace(model, &how);
    for (size_t u = 0; u < UNITS; u++) {
        double mean = 0, product = 0;
        for (size_t i = FROM; i < FROM + SHOWN; i++) {
            mean += (double)all->values[i * UNITS + u] / SHOWN;
            if (i > FROM)
                product += (double)all->values[i * UNITS + u] *
                           (double)all->values[(i - 1) * UNITS + u] / (SHOWN - 1);
        }
        assert_true(fabs(got.swing[u] - (product - mean * mean)) < 1e-9);
    }
    free_whole(all);
    for (int g = 0; g < gates; g++) {
        rnn_probe probes[UNITS];
        for (int u = 0; u < UNITS; u++)
            probes[u] = (rnn_probe){u / HIDDEN, u % HIDDEN, signals[g]};
        all = trace(model, &(rnn_tracing){.probes = probes, .probe_count = UNITS, .threads = 1});
        for (size_t u = 0; u < UNITS; u++) {
            int open = 0, shut = 0;
            for (size_t i = FROM; i < FROM + SHOWN; i++) {
                open += all->values[i * UNITS + u] > 0.9f;
                shut += all->values[i * UNITS + u] < 0.1f;
            }
            assert_true(fabs(got.open[(size_t)g * UNITS + u] - (double)open / SHOWN) < 1e-9);
            assert_true(fabs(got.shut[(size_t)g * UNITS + u] - (double)shut / SHOWN) < 1e-9);
        }
        free_whole(all);
    }
    survey_release(&got);
    rnn_model_destroy(model);
}

static void test_figures(void **state) {
    (void)state;
    check_survey(RNN_CELL_LSTM, 3, (const rnn_signal[]){RNN_SIGNAL_I, RNN_SIGNAL_F, RNN_SIGNAL_O});
    check_survey(RNN_CELL_GRU, 2, (const rnn_signal[]){RNN_SIGNAL_R, RNN_SIGNAL_Z});
    check_survey(RNN_CELL_TANH, 0, NULL);
}

static void test_choice(void **state) {
    (void)state;
    double swing[] = {0.1, 0.5, 0.2, 0.5, 0, 0.7};
    survey from = {.layers = 2, .hidden = 3, .swing = swing};
    static const int wanted[] = {5, 1, 3, 2, 0, 4};
    for (size_t most = 0; most < 9; most++) {
        rnn_probe got[9];
        size_t count = survey_choose(&from, got, most);
        assert_int_equal(count, most < 6 ? most : 6);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(got[i].layer * 3 + got[i].unit, wanted[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_piece_of_a_text),
                                       cmocka_unit_test(test_figures),
                                       cmocka_unit_test(test_choice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

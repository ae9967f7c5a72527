/* SPDX-License-Identifier: MIT
 *
 * test_tracer.c - what is told of each character: against scoring and stepping the same
 * text, in parts of any size, of some units or all; units that are held.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tests/inference/made_model.h"

#define TEXT   "hello world,\nthe quick brown fox jumps over a lazy dog"
#define TURNS  7 /* so that a text is longer than what is read at once */
#define LENGTH (TURNS * (sizeof TEXT - 1))
#define HIDDEN 37
#define BEST   5

typedef struct rows {
    size_t width, count;
    float *values; /* [LENGTH][width] */
    double nats[LENGTH];
    rnn_candidate best[LENGTH][BEST];
    int candidates;
} rows;

static void keep_row(void *context, const rnn_trace_row *row) {
    rows *to = context;
    assert_int_equal(row->place, to->count);
    assert_true(to->count < LENGTH);
    memcpy(to->values + to->count * to->width, row->values, to->width * sizeof(float));
    to->nats[to->count] = row->nats;
    to->candidates = row->candidates;
    assert_true(row->candidates <= BEST);
    for (int i = 0; i < row->candidates; i++)
        to->best[to->count][i] = row->likeliest[i];
    to->count++;
}

static char *long_text(void) {
    static char text[LENGTH + 1];
    text[0] = 0;
    for (int i = 0; i < TURNS; i++)
        strcat(text, TEXT);
    return text;
}

static int32_t *encode(const rnn_model *model) {
    int32_t *symbols;
    size_t count;
    assert_int_equal(rnn_model_encode(model, long_text(), LENGTH, 0, &symbols, &count, NULL),
                     RNN_OK);
    assert_int_equal(count, LENGTH);
    return symbols;
}

static rnn_tracer *tracer_of(const rnn_model *model, const rnn_tracing *how) {
    rnn_tracer *tracer;
    rnn_error error = {0};
    if (rnn_tracer_create(&tracer, model, how, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return tracer;
}

/* Reads the text in parts of that many characters. */
static rows *trace(const rnn_model *model, const rnn_tracing *how, size_t part) {
    rows *all = calloc(1, sizeof *all);
    rnn_tracer *tracer = tracer_of(model, how);
    int32_t *symbols = encode(model);
    all->width = rnn_tracer_width(tracer);
    all->values = calloc(LENGTH * all->width, sizeof(float));
    for (size_t i = 0; i < LENGTH; i += part)
        rnn_tracer_read(tracer, symbols + i, part < LENGTH - i ? part : LENGTH - i, keep_row, all);
    assert_int_equal(all->count, LENGTH);
    rnn_free(symbols);
    rnn_tracer_destroy(tracer);
    return all;
}

static void free_rows(rows *all) {
    free(all->values);
    free(all);
}

static void expect_same(const rows *a, const rows *b) {
    assert_int_equal(a->width, b->width);
    assert_memory_equal(a->values, b->values, LENGTH * a->width * sizeof(float));
    assert_memory_equal(a->nats + 1, b->nats + 1, (LENGTH - 1) * sizeof(double));
    assert_memory_equal(a->best, b->best, sizeof a->best);
}

static rnn_model *model_of(int cell, size_t hidden) {
    made_ngrams = cell == RNN_CELL_TANH ? 1 : 4;
    return made_model(TEXT, (rnn_cell)cell, hidden, 0, 0);
}

/* ------------------------------------------------------------------- values */

static void compare_nats(void *context, int32_t symbol, double nats) {
    double **at = context;
    (void)symbol;
    assert_true(*(*at)++ == nats);
}

/* The same nats as scoring has, to the bit. */
static void test_nats_are_those_of_scoring(void **state) {
    (void)state;
    for (int cell = 0; cell < 3; cell++) {
        rnn_model *model = model_of(cell, HIDDEN);
        rows *all = trace(model, &(rnn_tracing){.threads = 1}, LENGTH);
        double *at = all->nats + 1;
        rnn_score score;
        assert_true(isnan(all->nats[0]));
        assert_int_equal(
            rnn_score_text(model, long_text(), LENGTH, 0, &score, compare_nats, &at, NULL), RNN_OK);
        assert_ptr_equal(at, all->nats + LENGTH);
        free_rows(all);
        rnn_model_destroy(model);
    }
}

/* The likeliest are those of a state's logits, in order. */
static void test_likeliest(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_LSTM, HIDDEN);
    size_t symbols = model->network.symbols;
    rows *all = trace(model, &(rnn_tracing){.likeliest = BEST, .threads = 1}, LENGTH);
    int32_t *text = encode(model);
    rnn_state *reader;
    assert_int_equal(all->candidates, BEST);
    assert_int_equal(rnn_state_create(&reader, model, NULL), RNN_OK);
    for (size_t t = 0; t < LENGTH; t++) {
        const float *logits = rnn_state_step(reader, text[t]);
        double sum = 0;
        for (size_t s = 0; s < symbols; s++)
            sum += exp((double)logits[s]);
        for (int i = 0; i < BEST; i++) {
            rnn_candidate c = all->best[t][i];
            size_t above = 0;
            for (size_t s = 0; s < symbols; s++)
                above += logits[s] > logits[c.symbol];
            assert_true(above <= (size_t)i);
            assert_true(fabs(exp((double)logits[c.symbol]) / sum - (double)c.probability) < 1e-5);
            assert_true(i == 0 || c.probability <= all->best[t][i - 1].probability);
        }
    }
    rnn_state_destroy(reader);
    rnn_free(text);
    free_rows(all);
    rnn_model_destroy(model);
}

/* All that there are, where more are asked for. */
static void count_candidates(void *context, const rnn_trace_row *row) {
    double sum = 0;
    for (int i = 0; i < row->candidates; i++)
        sum += (double)row->likeliest[i].probability;
    assert_true(fabs(sum - 1) < 1e-5);
    *(int *)context = row->candidates;
}

static void test_all_candidates(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_TANH, HIDDEN);
    rnn_tracer *tracer = tracer_of(model, &(rnn_tracing){.likeliest = 1000});
    int32_t *symbols = encode(model);
    int candidates = 0;
    rnn_tracer_read(tracer, symbols, 3, count_candidates, &candidates);
    assert_int_equal(candidates, model->network.symbols);
    rnn_free(symbols);
    rnn_tracer_destroy(tracer);
    rnn_model_destroy(model);
}

/* -------------------------------------------------------------------- parts */

static void test_parts_and_threads_change_no_bit(void **state) {
    (void)state;
    static const size_t hidden[] = {HIDDEN, 256};
    static const size_t parts[] = {1, 7, 255, 256, 257};
    for (int cell = 0; cell < 3; cell++)
        for (size_t h = 0; h < 2; h++) {
            rnn_model *model = model_of(cell, hidden[h]);
            rnn_tracing how = {.likeliest = BEST, .threads = 1};
            rows *whole = trace(model, &how, LENGTH);
            for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
                how.threads = 1 + (int)i % 3;
                rows *other = trace(model, &how, parts[i]);
                expect_same(whole, other);
                free_rows(other);
            }
            free_rows(whole);
            rnn_model_destroy(model);
        }
}

/* Some probes in any order, and again: as among all of them. */
static void test_some_of_all(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_LSTM, HIDDEN);
    static const rnn_probe some[] = {{1, 36, RNN_SIGNAL_CELL}, {1, 0, RNN_SIGNAL_CELL},
                                     {0, 5, RNN_SIGNAL_CELL},  {0, 6, RNN_SIGNAL_CELL},
                                     {0, 7, RNN_SIGNAL_O},     {0, 6, RNN_SIGNAL_H},
                                     {0, 6, RNN_SIGNAL_O},     {1, 36, RNN_SIGNAL_CELL}};
    enum { SOME = sizeof some / sizeof *some };
    rows *all = trace(model, &(rnn_tracing){.threads = 1}, LENGTH);
    rows *few = trace(model, &(rnn_tracing){.probes = some, .probe_count = SOME, .threads = 2}, 50);
    assert_int_equal(all->width, 2 * HIDDEN);
    assert_int_equal(few->width, SOME);
    for (size_t t = 0; t < LENGTH; t++)
        for (size_t p = 0; p < SOME; p++) {
            float got = few->values[t * SOME + p];
            size_t unit = (size_t)some[p].layer * HIDDEN + (size_t)some[p].unit;
            if (some[p].signal == RNN_SIGNAL_CELL)
                assert_true(got == all->values[t * all->width + unit]);
            if (some[p].signal == RNN_SIGNAL_H) /* h = o tanh(c), one probe on and four back */
                assert_true(fabsf(got - few->values[t * SOME + p + 1] * few->values[t * SOME + 3]) <
                            1e-6f);
        }
    free_rows(all);
    free_rows(few);
    rnn_model_destroy(model);
}

static void test_reset(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_GRU, HIDDEN);
    int32_t *symbols = encode(model);
    rows *all[2];
    rnn_tracer *tracer = tracer_of(model, &(rnn_tracing){.likeliest = BEST});
    for (int i = 0; i < 2; i++) {
        all[i] = calloc(1, sizeof **all);
        all[i]->width = rnn_tracer_width(tracer);
        all[i]->values = calloc(LENGTH * all[i]->width, sizeof(float));
        rnn_tracer_read(tracer, symbols, LENGTH, keep_row, all[i]);
        assert_true(isnan(all[i]->nats[0]));
        rnn_tracer_read(tracer, symbols, 0, keep_row, all[i]);
        rnn_tracer_reset(tracer);
    }
    expect_same(all[0], all[1]);
    free_rows(all[0]);
    free_rows(all[1]);
    rnn_tracer_destroy(tracer);
    rnn_free(symbols);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------------ holding */

static void test_held_units(void **state) {
    (void)state;
    static const rnn_clamp clamps[] = {{0, 3, 1}, {1, 36, -0.25f}};
    for (int cell = 0; cell < 3; cell++) {
        rnn_model *model = model_of(cell, HIDDEN);
        rnn_tracing how = {.threads = 1}, held = {.clamps = clamps, .clamp_count = 2, .threads = 1};
        rows *plain = trace(model, &how, LENGTH), *other = trace(model, &held, 100);
        for (size_t t = 0; t < LENGTH; t++) {
            const float *row = other->values + t * other->width;
            assert_true(fabsf(row[3] - 1) < 1e-6f && fabsf(row[HIDDEN + 36] + 0.25f) < 1e-6f);
        }
        assert_true(other->nats[1] != plain->nats[1]);
        free_rows(plain);
        free_rows(other);
        rnn_model_destroy(model);
    }
}

/* Streams that share a prime, or read it each for itself, write the same held text, and
 * another one than without. The clamps are copied. */
static void test_held_writing(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_LSTM, HIDDEN);
    int32_t drawn[3][40][2];
    for (int way = 0; way < 3; way++) {
        rnn_clamp clamps[] = {{0, 3, 0.9f}, {1, 4, -1}};
        rnn_sampling how = {.seed = 3, .clamps = clamps, .clamp_count = way < 2 ? 2 : 0};
        rnn_sampler *sampler;
        assert_int_equal(rnn_sampler_create(&sampler, model, &how, way == 1 ? 1 : 2, NULL), RNN_OK);
        memset(clamps, 0, sizeof clamps);
        assert_int_equal(rnn_sampler_prime(sampler, "the ", 4, 0, NULL), RNN_OK);
        for (int i = 0; i < 40; i++)
            rnn_sampler_next(sampler, drawn[way][i]);
        rnn_sampler_destroy(sampler);
    }
    int differences = 0;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(drawn[0][i][0], drawn[1][i][0]);
        differences += drawn[0][i][0] != drawn[2][i][0];
    }
    assert_true(differences > 0);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------------- errors */

static void expect_refused(const rnn_model *model, rnn_tracing how, const char *why) {
    rnn_tracer *tracer;
    rnn_error error = {0};
    assert_int_equal(rnn_tracer_create(&tracer, model, &how, &error), RNN_ERR_RANGE);
    assert_null(tracer);
    if (!strstr(error.message, why))
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void test_refused(void **state) {
    (void)state;
    rnn_model *gru = model_of(RNN_CELL_GRU, HIDDEN);
    rnn_probe probe = {2, 0, RNN_SIGNAL_CELL};
    rnn_tracing how = {.probes = &probe, .probe_count = 1};
    expect_refused(gru, how, "the layers 0 to 1");
    probe = (rnn_probe){0, HIDDEN, RNN_SIGNAL_CELL};
    expect_refused(gru, how, "the units 0 to 36");
    probe = (rnn_probe){0, -1, RNN_SIGNAL_CELL};
    expect_refused(gru, how, "no unit -1");
    probe = (rnn_probe){0, 0, RNN_SIGNAL_F};
    expect_refused(gru, how, "a GRU has h and the gates r, z, n");
    probe = (rnn_probe){0, 0, (rnn_signal)99};
    expect_refused(gru, how, "signal 99");
    rnn_clamp clamp = {0, 0, 1.5f};
    expect_refused(gru, (rnn_tracing){.clamps = &clamp, .clamp_count = 1}, "held at 1.5");
    clamp = (rnn_clamp){0, 0, NAN};
    expect_refused(gru, (rnn_tracing){.clamps = &clamp, .clamp_count = 1}, "held at");
    clamp = (rnn_clamp){7, 0, 0};
    expect_refused(gru, (rnn_tracing){.clamps = &clamp, .clamp_count = 1}, "layer 7");
    expect_refused(gru, (rnn_tracing){.likeliest = -1}, "-1 likeliest");
    rnn_model_destroy(gru);
}

/* Each allocation fails once: the answer is an error, and nothing is left. */
static void test_memory_is_short(void **state) {
    (void)state;
    rnn_model *model = model_of(RNN_CELL_LSTM, HIDDEN);
    static const rnn_clamp clamp = {0, 3, 1};
    rnn_tracing how = {.likeliest = 2, .clamps = &clamp, .clamp_count = 1, .threads = 2};
    rnn_status status = RNN_ERR_MEMORY;
    for (uint64_t nth = 1; status != RNN_OK; nth++) {
        rnn_tracer *tracer = NULL;
        rnn_allocate_fail(nth, 0);
        status = rnn_tracer_create(&tracer, model, &how, NULL);
        rnn_allocate_fail(0, 0);
        assert_true(status == RNN_OK || (status == RNN_ERR_MEMORY && !tracer));
        rnn_tracer_destroy(tracer);
        assert_true(nth < 1000);
    }
    rnn_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nats_are_those_of_scoring),
                                       cmocka_unit_test(test_likeliest),
                                       cmocka_unit_test(test_all_candidates),
                                       cmocka_unit_test(test_parts_and_threads_change_no_bit),
                                       cmocka_unit_test(test_some_of_all),
                                       cmocka_unit_test(test_reset),
                                       cmocka_unit_test(test_held_units),
                                       cmocka_unit_test(test_held_writing),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_memory_is_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * test_baseline.c - what an n-gram model is scored on is what a network is scored on.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inference/baseline.h"
#include "inference/score.h"
#include "tests/inference/made_model.h"
#include "tests/scratch.h"

#define LENGTH 12000
#define LEARNT 6500 /* the rest is longer than what is read at once */
#define MEMORY ((uint64_t)16 << 20)

static rnn_model *model;
static scratch directory;
static rnn_symbols *symbols;
static int32_t *copy;
static rnn_ngram *ngram;

static void read_array(const void *context, uint64_t from, size_t count, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, count * sizeof *out);
}

/* Nats of the predictions (from, to], one by one from all that was read since. */
static double plainly(size_t from, size_t to) {
    double nats = 0;
    for (size_t at = from + 1; at <= to; at++)
        nats -= log(rnn_ngram_probability(ngram, copy + from, at - from, copy[at]));
    return nats;
}

static rnn_baseline_plan plan_for(uint64_t segment) {
    return (rnn_baseline_plan){.symbols = rnn_model_describe(model).symbols,
                               .learnt = symbols,
                               .learn = {0, LEARNT},
                               .scored = symbols,
                               .score = {LEARNT, LENGTH},
                               .segment = segment,
                               .order = 6,
                               .memory = MEMORY};
}

static void test_segments(void **state) {
    (void)state;
    static const uint64_t segments[] = {1, 6, 256, 5000, LENGTH - LEARNT - 1, UINT64_MAX};
    for (size_t s = 0; s < sizeof segments / sizeof *segments; s++) {
        double nats = 0;
        rnn_baseline got;
        rnn_baseline_plan plan = plan_for(segments[s]);
        for (size_t from = LEARNT; from + 1 < LENGTH;) {
            size_t left = LENGTH - 1 - from;
            size_t to = from + (left < segments[s] ? left : (size_t)segments[s]);
            nats += plainly(from, to);
            from = to;
        }
        assert_int_equal(rnn_baseline_run(&got, &plan, NULL), RNN_OK);
        assert_int_equal(got.characters, LENGTH - LEARNT - 1);
        assert_int_equal(got.ngram.order, 6);
        assert_int_equal(got.ngram.symbols, LEARNT);
        double wanted = nats / (double)got.characters;
        assert_true(fabs(got.nats_per_character - wanted) < 1e-12);
    }
}

/* As many predictions as the network makes, whatever the protocol. */
static void test_same_count(void **state) {
    (void)state;
    rnn_evaluation how = {.part = RNN_PART_VAL, .val_frac = 0.3, .test_frac = 0.1, .window = 77};
    for (how.protocol = 0; how.protocol <= 1; how.protocol++) {
        rnn_evaluation_result result;
        rnn_baseline got;
        rnn_baseline_plan plan = plan_for(rnn_score_segment(&how));
        plan.score = rnn_score_part(symbols, &how, RNN_PART_VAL);
        plan.learn = rnn_score_part(symbols, &how, RNN_PART_TRAIN);
        plan.order = 0;
        assert_int_equal(rnn_score_symbols(model, symbols, &how, &result, NULL, NULL, NULL),
                         RNN_OK);
        assert_int_equal(rnn_baseline_run(&got, &plan, NULL), RNN_OK);
        assert_int_equal(got.characters, result.score.characters);
        assert_int_equal(got.wanted, rnn_ngram_order(LENGTH * 6 / 10));
        assert_int_equal(got.ngram.order, got.wanted);
    }
}

static void test_refusals(void **state) {
    (void)state;
    rnn_baseline got;
    rnn_error error;
    rnn_baseline_plan plan = plan_for(UINT64_MAX);
    plan.score.end = plan.score.begin + 1;
    assert_int_equal(rnn_baseline_run(&got, &plan, &error), RNN_ERR_RANGE);
    plan = plan_for(UINT64_MAX);
    plan.learn.end = 1;
    assert_int_equal(rnn_baseline_run(&got, &plan, &error), RNN_ERR_RANGE);
    plan = plan_for(UINT64_MAX);
    plan.memory = 4096;
    assert_int_equal(rnn_baseline_run(&got, &plan, &error), RNN_ERR_MEMORY);
}

static int set_up(void **state) {
    (void)state;
    static const char alphabet[] = "hello world,\nthe quick brown fox";
    static char text[LENGTH];
    char path[1024];
    const char *inputs[] = {path};
    rnn_evaluation all = {0};
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = alphabet[(i * i / 3 + i / 7) % (sizeof alphabet - 1)];
    model = made_model(alphabet, RNN_CELL_GRU, 8, 0, 0);
    scratch_make(&directory);
    scratch_write(scratch_name(&directory, "text.txt", path), text, LENGTH);
    copy = calloc(LENGTH, sizeof *copy);
    if (!copy || rnn_score_read(&symbols, model, inputs, 1, &all, NULL) != RNN_OK)
        return -1;
    rnn_symbols_get(symbols, 0, LENGTH, copy);
    rnn_places_text learnt = {read_array, copy, 0, LEARNT, rnn_model_describe(model).symbols};
    return rnn_ngram_create(&ngram, &learnt, 6, MEMORY, NULL);
}

static int tear_down(void **state) {
    (void)state;
    rnn_ngram_destroy(ngram);
    rnn_symbols_destroy(symbols);
    rnn_model_destroy(model);
    free(copy);
    scratch_remove(&directory);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_same_count),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

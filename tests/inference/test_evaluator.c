/* SPDX-License-Identifier: MIT
 *
 * test_evaluator.c - scores against the plainest way to get them: a state that
 * reads one symbol after another.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "inference/evaluator.h"
#include "tests/inference/made_model.h"
#include "tests/scratch.h"

#define LENGTH 1500

static rnn_model *model;
static scratch directory;
static char path[1024], text[LENGTH + 1];
static int32_t *symbols;
static size_t count;

/* Nats and hits of predicting symbols (from, to] after reading from a zero state. */
static void plainly(size_t from, size_t to, double *nats, uint64_t *hits) {
    rnn_state *state;
    size_t n = model->network.symbols;
    assert_int_equal(rnn_state_create(&state, model, NULL), RNN_OK);
    for (size_t i = from; i < to; i++) {
        const float *logits = rnn_state_step(state, symbols[i]);
        double most = -INFINITY, sum = 0;
        size_t best = 0;
        for (size_t s = 0; s < n; s++) {
            best = logits[s] > logits[best] ? s : best;
            most = fmax(most, logits[s]);
        }
        for (size_t s = 0; s < n; s++)
            sum += exp(logits[s] - most);
        *nats += log(sum) + most - logits[symbols[i + 1]];
        *hits += best == (size_t)symbols[i + 1];
    }
    rnn_state_destroy(state);
}

static void assert_score(const rnn_score *score, double nats, uint64_t hits, uint64_t predicted) {
    assert_int_equal(score->characters, predicted);
    assert_true(fabs(score->nats_per_character - nats / (double)predicted) < 1e-5);
    assert_true(fabs(score->accuracy - (double)hits / (double)predicted) < 1e-12);
}

typedef struct heard {
    size_t at;
    double nats;
} heard;

static void listen(void *context, int32_t symbol, double nats) {
    heard *h = context;
    assert_int_equal(symbol, symbols[++h->at]);
    h->nats += nats;
}

static void test_text(void **state) {
    (void)state;
    double nats = 0;
    uint64_t hits = 0;
    rnn_score score;
    heard h = {0, 0};
    plainly(0, count - 1, &nats, &hits);
    assert_int_equal(rnn_score_text(model, text, LENGTH, 0, &score, listen, &h, NULL), RNN_OK);
    assert_score(&score, nats, hits, count - 1);
    assert_int_equal(h.at, count - 1);
    assert_true(fabs(h.nats - nats) < 1e-3);
}

/* In float32, as `plainly` reads. */
static void evaluate(const rnn_evaluation *how, rnn_evaluation_result *out,
                     rnn_score_listener listener, void *context) {
    const char *inputs[] = {path};
    rnn_error error = {RNN_OK, ""};
    rnn_evaluation exactly = *how;
    exactly.precision = RNN_PRECISION_FLOAT32;
    if (rnn_evaluate(model, inputs, 1, &exactly, out, listener, context, &error) != RNN_OK)
        fail_msg("%s", error.message);
}

static void test_file(void **state) {
    (void)state;
    double nats = 0;
    uint64_t hits = 0;
    rnn_evaluation_result result;
    plainly(0, count - 1, &nats, &hits);
    for (int threads = 1; threads <= 3; threads++) {
        rnn_evaluation how = {.threads = threads};
        evaluate(&how, &result, NULL, NULL);
        assert_score(&result.score, nats, hits, count - 1);
    }
    rnn_evaluation part = {.part = RNN_PART_VAL, .val_frac = 0.25, .test_frac = 0.25};
    size_t from = count / 2, to = count * 3 / 4;
    nats = 0;
    hits = 0;
    plainly(from, to - 1, &nats, &hits);
    evaluate(&part, &result, NULL, NULL);
    assert_score(&result.score, nats, hits, to - from - 1);
}

static void test_cold(void **state) {
    (void)state;
    static const size_t windows[] = {1, 7, 100, 255, 257, 5000};
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        double nats = 0;
        uint64_t hits = 0;
        for (size_t from = 0; from + 1 < count; from += windows[w])
            plainly(from, from + windows[w] < count - 1 ? from + windows[w] : count - 1, &nats,
                    &hits);
        rnn_evaluation how = {.protocol = RNN_PROTOCOL_COLD, .window = windows[w]};
        rnn_evaluation_result result;
        evaluate(&how, &result, NULL, NULL);
        assert_score(&result.score, nats, hits, count - 1);
        heard h = {0, 0};
        evaluate(&how, &result, listen, &h);
        assert_int_equal(h.at, count - 1);
        assert_true(fabs(h.nats - nats) < 1e-3);
    }
}

static void read_array(const void *context, uint64_t from, size_t n, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, n * sizeof *out);
}

/* Several spans, several segments side by side, sequences shorter than they are. */
static void test_segments(void **state) {
    (void)state;
    static const rnn_span spans[] = {{3, 100}, {200, 201}, {300, 302}, {400, 400}, {500, 1400}};
    double nats = 0;
    uint64_t hits = 0, predicted = rnn_evaluator_count(spans, 5);
    assert_int_equal(predicted, 96 + 0 + 1 + 0 + 899);
    for (size_t i = 0; i < 5; i++)
        for (uint64_t from = spans[i].begin; from + 1 < spans[i].end; from += 130)
            plainly(from, from + 130 < spans[i].end - 1 ? from + 130 : spans[i].end - 1, &nats,
                    &hits);
    for (size_t batch = 1; batch <= 9; batch += 4) {
        rnn_engine *engine;
        const rnn_device *device;
        rnn_engine_options options = {
            .batch = batch, .length = 33, .threads = 2, .precision = RNN_PRECISION_FLOAT32};
        rnn_evaluation_plan plan = {.read = read_array,
                                    .context = symbols,
                                    .spans = spans,
                                    .span_count = 5,
                                    .segment = 130,
                                    .batch = batch,
                                    .length = 33};
        rnn_score score;
        assert_int_equal(rnn_model_engine(&engine, &device, model, NULL, &options, NULL), RNN_OK);
        assert_int_equal(rnn_evaluator_run(&score, device, engine, &plan, NULL), RNN_OK);
        assert_score(&score, nats, hits, predicted);
        device->destroy(engine);
    }
}

static void test_refusals(void **state) {
    (void)state;
    rnn_error error;
    rnn_score score;
    assert_int_equal(rnn_score_text(model, "h", 1, 0, &score, NULL, NULL, &error), RNN_ERR_RANGE);
    assert_int_equal(rnn_score_text(model, "h\xE2\x82\xAC", 4, 0, &score, NULL, NULL, &error),
                     RNN_ERR_SYMBOL);
    assert_int_equal(rnn_score_text(model, "he\xE2\x82\xAC", 5, 1, &score, NULL, NULL, &error),
                     RNN_OK);
    assert_int_equal(score.characters, 1);
    rnn_evaluation how = {.part = RNN_PART_VAL, .val_frac = 0.9, .test_frac = 0.2};
    rnn_evaluation_result result;
    const char *inputs[] = {path}, *missing[] = {"/nowhere/at/all"};
    assert_int_equal(rnn_evaluate(model, inputs, 1, &how, &result, NULL, NULL, &error),
                     RNN_ERR_RANGE);
    how = (rnn_evaluation){0};
    assert_int_equal(rnn_evaluate(model, missing, 1, &how, &result, NULL, NULL, &error),
                     RNN_ERR_IO);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
}

static int set_up(void **state) {
    (void)state;
    static const char alphabet[] = "hello world,\nthe quick brown fox";
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = alphabet[(i * i + i / 7) % (sizeof alphabet - 1)];
    made_ngrams = 3;
    model = made_model(alphabet, RNN_CELL_GRU, 21, 6, 0);
    scratch_make(&directory);
    scratch_write(scratch_name(&directory, "text.txt", path), text, LENGTH);
    return rnn_model_encode(model, text, LENGTH, 0, &symbols, &count, NULL);
}

static int tear_down(void **state) {
    (void)state;
    rnn_free(symbols);
    rnn_model_destroy(model);
    scratch_remove(&directory);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_file),
        cmocka_unit_test(test_cold),     cmocka_unit_test(test_segments),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: MIT
 *
 * score.c - the public scoring of a text in memory and of files; see score.h.
 */
#include "inference/score.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/threads.h"
#include "inference/evaluator.h"

#define COLD_WINDOW 256

static void read_array(const void *context, uint64_t from, size_t count, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, count * sizeof(int32_t));
}

static rnn_status too_short(uint64_t symbols, rnn_error *error) {
    return rnn_fail(error, RNN_ERR_RANGE,
                    "the text has %llu symbol%s; at least 2 are needed, as the first has no "
                    "prediction",
                    (unsigned long long)symbols, symbols == 1 ? "" : "s");
}

rnn_status rnn_score_text(const rnn_model *model, const char *text, size_t bytes, int skip_unknown,
                          rnn_score *out, rnn_score_listener listener, void *context,
                          rnn_error *error) {
    int32_t *symbols = NULL;
    size_t count = 0;
    rnn_status status = rnn_model_encode(model, text, bytes, skip_unknown, &symbols, &count, error);
    if (status != RNN_OK)
        return status;
    rnn_engine *engine = NULL;
    const rnn_device *device = NULL;
    rnn_engine_options options = {.batch = 1,
                                  .length = RNN_EVALUATOR_LENGTH,
                                  .threads = 1,
                                  .precision = RNN_PRECISION_FLOAT32};
    rnn_span whole = {0, count};
    rnn_evaluation_plan plan = {read_array,           symbols,  &whole, 1, UINT64_MAX, 1,
                                RNN_EVALUATOR_LENGTH, listener, context};
    if (count < 2)
        status = too_short(count, error);
    else
        status = rnn_model_engine(&engine, &device, model, NULL, &options, error);
    if (status == RNN_OK)
        status = rnn_evaluator_run(out, device, engine, &plan, error);
    if (engine)
        device->destroy(engine);
    rnn_free(symbols);
    return status;
}

/* ------------------------------------------------------------------- files */

static rnn_status check(const rnn_evaluation *how, rnn_error *error) {
    if (how->part < RNN_PART_ALL || how->part > RNN_PART_TEST)
        return rnn_fail(error, RNN_ERR_RANGE, "part %d is no part of a text", how->part);
    if (how->part != RNN_PART_ALL &&
        !(how->val_frac >= 0 && how->test_frac >= 0 && how->val_frac + how->test_frac < 1))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "val-frac %g and test-frac %g must not be negative, and together below 1",
                        how->val_frac, how->test_frac);
    if (how->protocol != RNN_PROTOCOL_STREAM && how->protocol != RNN_PROTOCOL_COLD)
        return rnn_fail(error, RNN_ERR_RANGE, "protocol %d is neither 0 (stream) nor 1 (cold)",
                        how->protocol);
    return RNN_OK;
}

rnn_span rnn_score_part(const rnn_symbols *symbols, const rnn_evaluation *how, rnn_part part) {
    rnn_parts parts = {.split = RNN_SPLIT_CONTIGUOUS,
                       .whole = {0, rnn_symbols_count(symbols)},
                       .val_frac = how->val_frac,
                       .test_frac = how->test_frac,
                       .streams = 1};
    return rnn_parts_span(&parts, part, 0);
}

uint64_t rnn_score_segment(const rnn_evaluation *how) {
    if (how->protocol == RNN_PROTOCOL_STREAM)
        return UINT64_MAX;
    return how->window ? how->window : COLD_WINDOW;
}

rnn_status rnn_score_read(rnn_symbols **out, const rnn_model *model, const char *const *inputs,
                          size_t count, const rnn_evaluation *how, rnn_error *error) {
    rnn_corpus *corpus = NULL;
    rnn_corpus_options options = {how->include, how->exclude,
                                  rnn_vocabulary_normalizes(model->vocabulary)};
    rnn_status status = rnn_corpus_open(&corpus, inputs, count, &options, error);
    if (status == RNN_OK)
        status = rnn_symbols_encode(out, corpus, model->vocabulary, how->skip_unknown,
                                    rnn_files_temporary(), error);
    rnn_corpus_close(corpus);
    return status;
}

static rnn_status run(const rnn_model *model, const rnn_symbols *symbols, const rnn_evaluation *how,
                      rnn_evaluation_result *out, rnn_score_listener listener, void *context,
                      rnn_error *error) {
    const rnn_device *device;
    rnn_engine *engine = NULL;
    rnn_span span = rnn_score_part(symbols, how, (rnn_part)how->part);
    int cold = how->protocol == RNN_PROTOCOL_COLD;
    /* A listener hears the characters in order, so segments are then read one by one. */
    size_t batch = cold && !listener ? RNN_EVALUATOR_STREAMS : 1;
    uint64_t segment = rnn_score_segment(how);
    rnn_evaluation_plan plan = {rnn_evaluator_read_symbols, symbols,  &span,  1, segment, batch,
                                RNN_EVALUATOR_LENGTH,       listener, context};
    rnn_engine_options options = {.batch = batch,
                                  .length = RNN_EVALUATOR_LENGTH,
                                  .threads = how->threads,
                                  .cpu = how->cpu,
                                  .precision = how->precision};
    if (span.end - span.begin < 2)
        return too_short(span.end - span.begin, error);
    rnn_status status = rnn_model_engine(&engine, &device, model, how->device, &options, error);
    if (status != RNN_OK)
        return status;
    double start = rnn_clock_now();
    status = rnn_evaluator_run(&out->score, device, engine, &plan, error);
    out->seconds = rnn_clock_now() - start;
    snprintf(out->kernels, sizeof out->kernels, "%s", device->describe(engine));
    device->destroy(engine);
    return status;
}

rnn_status rnn_score_symbols(const rnn_model *model, const rnn_symbols *symbols,
                             const rnn_evaluation *how, rnn_evaluation_result *out,
                             rnn_score_listener listener, void *context, rnn_error *error) {
    memset(out, 0, sizeof *out);
    rnn_status status = check(how, error);
    if (status != RNN_OK)
        return status;
    out->skipped = rnn_symbols_skipped(symbols);
    out->hash = rnn_symbols_hash(symbols);
    return run(model, symbols, how, out, listener, context, error);
}

rnn_status rnn_evaluate(const rnn_model *model, const char *const *inputs, size_t count,
                        const rnn_evaluation *how, rnn_evaluation_result *out,
                        rnn_score_listener listener, void *context, rnn_error *error) {
    rnn_symbols *symbols = NULL;
    memset(out, 0, sizeof *out);
    rnn_status status = check(how, error);
    if (status == RNN_OK)
        status = rnn_score_read(&symbols, model, inputs, count, how, error);
    if (status == RNN_OK)
        status = rnn_score_symbols(model, symbols, how, out, listener, context, error);
    rnn_symbols_destroy(symbols);
    return status;
}

/* SPDX-License-Identifier: MIT
 *
 * baseline.c - see baseline.h.
 */
#include "inference/baseline.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "inference/evaluator.h"

#define HISTORY RNN_NGRAM_MOST_ORDER /* symbols, more than any context has */
#define CHUNK   4096                 /* symbols read at once */

/* -ln p of the symbols (begin, end), from a history that begins at begin. */
static double score_segment(const rnn_ngram *ngram, const rnn_symbols *symbols, rnn_span segment) {
    int32_t text[HISTORY + CHUNK];
    double loss = 0;
    for (uint64_t at = segment.begin + 1; at < segment.end; at += CHUNK) {
        size_t known = at - segment.begin < HISTORY ? (size_t)(at - segment.begin) : HISTORY;
        size_t count = segment.end - at < CHUNK ? (size_t)(segment.end - at) : CHUNK;
        rnn_symbols_get(symbols, at - known, known + count, text);
        for (size_t i = known; i < known + count; i++)
            loss -= log(rnn_ngram_probability(ngram, text, i, text[i]));
    }
    return loss;
}

/* The segments are the evaluator's: one begins with the symbol that the one before
 * ended with. */
static double score(const rnn_ngram *ngram, const rnn_baseline_plan *plan) {
    double loss = 0;
    for (uint64_t at = plan->score.begin; at + 1 < plan->score.end;) {
        uint64_t left = plan->score.end - 1 - at;
        uint64_t predictions = left < plan->segment ? left : plan->segment;
        loss += score_segment(ngram, plan->scored, (rnn_span){at, at + predictions + 1});
        at += predictions;
    }
    return loss;
}

rnn_status rnn_baseline_run(rnn_baseline *out, const rnn_baseline_plan *plan, rnn_error *error) {
    double start = rnn_clock_now();
    uint64_t learnt = plan->learn.end - plan->learn.begin;
    rnn_places_text text = {.read = rnn_evaluator_read_symbols,
                            .context = plan->learnt,
                            .begin = plan->learn.begin,
                            .end = plan->learn.end,
                            .symbols = plan->symbols};
    rnn_ngram *ngram = NULL;
    memset(out, 0, sizeof *out);
    out->characters = rnn_evaluator_count(&plan->score, 1);
    out->wanted = plan->order ? plan->order : rnn_ngram_order(learnt);
    if (out->characters == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "nothing is left to score with n-grams");
    rnn_status status = rnn_ngram_create(&ngram, &text, plan->order, plan->memory, error);
    if (status != RNN_OK)
        return status;
    out->nats_per_character = score(ngram, plan) / (double)out->characters;
    out->ngram = rnn_ngram_describe(ngram);
    out->seconds = rnn_clock_now() - start;
    rnn_ngram_destroy(ngram);
    return RNN_OK;
}

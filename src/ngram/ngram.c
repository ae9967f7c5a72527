/* SPDX-License-Identifier: MIT
 *
 * ngram.c - see ngram.h.
 */
#include "ngram/ngram.h"

#include "base/memory.h"

/* The end of the text that the discounts are fitted to: one part in so many, up to so
 * many symbols. */
#define HELD_OUT_SHARE 10
#define HELD_OUT_MOST  65536

struct rnn_ngram {
    rnn_contexts contexts;
    rnn_discounts discounts;
    uint64_t symbols;
};

int rnn_ngram_order(uint64_t symbols) {
    int order = 5;
    for (uint64_t contexts = 256; contexts < symbols && order < RNN_NGRAM_MOST_ORDER; order++)
        contexts *= 4;
    return order;
}

/* Counts all but the end and fits the discounts to that; *depth becomes what fits
 * the memory. */
static rnn_status fit(rnn_ngram *ngram, const rnn_places_text *text, int *depth, uint64_t memory,
                      rnn_error *error) {
    uint64_t symbols = text->end - text->begin, held_out = symbols / HELD_OUT_SHARE;
    held_out = held_out < HELD_OUT_MOST ? held_out : HELD_OUT_MOST;
    ngram->discounts = rnn_discounts_usual();
    if (held_out < 2)
        return RNN_OK;
    rnn_places_text counted = *text;
    counted.end -= held_out;
    int32_t *end = rnn_allocate((size_t)held_out, sizeof *end);
    if (!end)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to fit discounts");
    text->read(text->context, counted.end, (size_t)held_out, end);
    rnn_status status = rnn_contexts_count(&ngram->contexts, &counted, *depth, memory, error);
    if (status == RNN_OK)
        status =
            rnn_discounts_fit(&ngram->discounts, &ngram->contexts, end, (size_t)held_out, error);
    *depth = ngram->contexts.depth;
    rnn_contexts_release(&ngram->contexts);
    rnn_free(end);
    return status;
}

rnn_status rnn_ngram_create(rnn_ngram **out, const rnn_places_text *text, int order,
                            uint64_t memory, rnn_error *error) {
    *out = NULL;
    if (text->end < text->begin + 2)
        return rnn_fail(error, RNN_ERR_RANGE, "a text of fewer than 2 symbols teaches no n-grams");
    int depth = (order ? order : rnn_ngram_order(text->end - text->begin)) - 1;
    if (depth < 1 || depth > RNN_PLACES_MOST_DEPTH)
        return rnn_fail(error, RNN_ERR_RANGE, "an n-gram's order %d is not in 2 .. %d", order,
                        RNN_NGRAM_MOST_ORDER);
    rnn_ngram *ngram = rnn_allocate(1, sizeof *ngram);
    if (!ngram)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for an n-gram model");
    rnn_status status = fit(ngram, text, &depth, memory, error);
    if (status == RNN_OK)
        status = rnn_contexts_count(&ngram->contexts, text, depth, memory, error);
    if (status != RNN_OK) {
        rnn_ngram_destroy(ngram);
        return status;
    }
    ngram->symbols = text->end - ngram->contexts.begin;
    *out = ngram;
    return RNN_OK;
}

void rnn_ngram_destroy(rnn_ngram *ngram) {
    if (!ngram)
        return;
    rnn_contexts_release(&ngram->contexts);
    rnn_free(ngram);
}

rnn_ngram_info rnn_ngram_describe(const rnn_ngram *ngram) {
    return (rnn_ngram_info){ngram->contexts.depth + 1, ngram->symbols, ngram->contexts.number,
                            ngram->contexts.budget.used};
}

double rnn_ngram_probability(const rnn_ngram *ngram, const int32_t *history, size_t length,
                             int32_t symbol) {
    rnn_counts counts[RNN_PLACES_MOST_DEPTH + 1];
    int levels = rnn_contexts_walk(&ngram->contexts, history, length, symbol, counts);
    return rnn_discounts_apply(&ngram->discounts, counts, levels, ngram->contexts.symbols);
}

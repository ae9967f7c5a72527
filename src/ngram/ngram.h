/* SPDX-License-Identifier: MIT
 *
 * ngram.h - the probability of a symbol by the last few before it, as they were
 * counted in a text: what a network has to beat.
 *
 * The method is interpolated Kneser-Ney smoothing with fitted discounts
 * (discounts.h). The text is counted twice (contexts.h): first without its end,
 * to which the discounts are fitted, then whole.
 */
#ifndef RNN_NGRAM_H
#define RNN_NGRAM_H

#include "ngram/discounts.h"

#define RNN_NGRAM_MOST_ORDER (RNN_PLACES_MOST_DEPTH + 1)

typedef struct rnn_ngram rnn_ngram;

typedef struct rnn_ngram_info {
    int order;         /* symbols, the predicted one included */
    uint64_t symbols;  /* of the text that were counted: its last ones */
    uint64_t contexts; /* that were seen and kept */
    uint64_t bytes;    /* that they take */
} rnn_ngram_info;

/* The order for a text of so many symbols, 2 .. RNN_NGRAM_MOST_ORDER: a higher one gains
 * little on prose. */
int rnn_ngram_order(uint64_t symbols);

/* Learns a text of at least two symbols in at most `memory` bytes (and some MB); order 2
 * .. RNN_NGRAM_MOST_ORDER, or 0 for rnn_ngram_order. Where memory is too little the order
 * is lower, and failing that the text's beginning is left out; see the info.
 * RNN_ERR_MEMORY, RNN_ERR_RANGE. Equal arguments, equal probabilities. */
rnn_status rnn_ngram_create(rnn_ngram **out, const rnn_places_text *text, int order,
                            uint64_t memory, rnn_error *error);
void rnn_ngram_destroy(rnn_ngram *ngram);
rnn_ngram_info rnn_ngram_describe(const rnn_ngram *ngram);

/* p(symbol | history [length], the latest last); more than order - 1 symbols of it change
 * nothing. Above 0, and 1 in sum over all symbols. */
double rnn_ngram_probability(const rnn_ngram *ngram, const int32_t *history, size_t length,
                             int32_t symbol);

#endif

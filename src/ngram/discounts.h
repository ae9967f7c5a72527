/* SPDX-License-Identifier: MIT
 *
 * discounts.h - how much each context leaves to the shorter one.
 *
 * Interpolated Kneser-Ney smoothing with a discount of its own for counts of 1,
 * 2, 3, and 4 or more in contexts of each length (Kneser and Ney: "Improved
 * backing-off for m-gram language modeling", ICASSP 1995; Chen and Goodman: "An
 * empirical study of smoothing techniques for language modeling", 1998, whose
 * modified form has three):
 *
 *   p_d(w) = (c(w) - D_d(c(w)) + p_{d-1}(w) sum over v of D_d(c(v))) / sum over v of c(v)
 *
 * from 1 / symbols for d = -1. As a discount of c is above 0 and below c, that is
 * a distribution whatever the discounts are. They are fitted to a text that was
 * not counted, which costs less loss than the published formulas.
 */
#ifndef RNN_DISCOUNTS_H
#define RNN_DISCOUNTS_H

#include "ngram/contexts.h"

typedef struct rnn_discounts {
    double of[RNN_PLACES_MOST_DEPTH + 1][RNN_CONTEXTS_CLASSES];
} rnn_discounts;

/* What fits most texts about, before anything is known of one. */
rnn_discounts rnn_discounts_usual(void);

/* The probability of a symbol with these counts in the contexts of 0 .. levels - 1
 * symbols, as rnn_contexts_walk gives them. */
double rnn_discounts_apply(const rnn_discounts *discounts, const rnn_counts *counts, int levels,
                           int symbols);

/* Fits the discounts to symbols[1 .. count), each predicted from those before it, near
 * the usual ones where little is known. RNN_ERR_MEMORY. */
rnn_status rnn_discounts_fit(rnn_discounts *out, const rnn_contexts *contexts,
                             const int32_t *symbols, size_t count, rnn_error *error);

#endif

/* SPDX-License-Identifier: MIT
 *
 * contexts.h - what follows each context of a text, and how often.
 *
 * A context is the last d symbols, d = 0 .. depth. The longest ones (d = depth)
 * count how often a symbol followed them; shorter ones count Kneser and Ney's
 * continuations: in how many contexts longer by one symbol it did (the
 * beginning of the text is one of these). The contexts are a tree whose root is
 * the empty one and whose branches add the symbol before.
 *
 * A context takes 16 bytes and 4 for each symbol seen after it. One that was seen
 * once takes 4 in all, and those longer than it are left out: they were seen once
 * as well and say the same again.
 */
#ifndef RNN_CONTEXTS_H
#define RNN_CONTEXTS_H

#include "ngram/places.h"
#include "ngram/pool.h"

#define RNN_CONTEXTS_CLASSES 4 /* of counts: 1, 2, 3, and 4 or more */

typedef struct rnn_contexts {
    int symbols;
    int depth;                                   /* of the longest contexts that are kept */
    uint64_t begin;                              /* where what was counted of the text begins */
    uint64_t number;                             /* contexts kept */
    rnn_pool nodes[RNN_PLACES_MOST_DEPTH + 1];   /* by length, in the order of the places */
    rnn_pool entries[RNN_PLACES_MOST_DEPTH + 1]; /* what follows them */
    rnn_pool singles[RNN_PLACES_MOST_DEPTH + 1]; /* contexts longer by one, seen once */
    rnn_budget budget;
} rnn_contexts;

/* What one context says: the sum of its counts, how many symbols have a count of
 * each class, and the count of the symbol that was asked for. */
typedef struct rnn_counts {
    uint32_t total, of[RNN_CONTEXTS_CLASSES], symbol;
} rnn_counts;

/* Counts a text, in at most `memory` bytes for the tree and for making it. Where
 * that is too little for contexts of `depth`, 1 .. RNN_PLACES_MOST_DEPTH, the text is
 * counted again with a lower one. What places.h says may cost it its beginning.
 * RNN_ERR_MEMORY, also where not even pairs of symbols fit. Release it whatever is
 * returned. */
rnn_status rnn_contexts_count(rnn_contexts *out, const rnn_places_text *text, int depth,
                              uint64_t memory, rnn_error *error);
void rnn_contexts_release(rnn_contexts *contexts);

/* The contexts that history [length] ends with, from the empty one to the longest
 * that is known; returns how many, 1 .. depth + 1. */
int rnn_contexts_walk(const rnn_contexts *contexts, const int32_t *history, size_t length,
                      int32_t symbol, rnn_counts out[RNN_PLACES_MOST_DEPTH + 1]);

/* The class of a count >= 1. */
static inline int rnn_contexts_class(uint32_t count) {
    return count < RNN_CONTEXTS_CLASSES ? (int)count - 1 : RNN_CONTEXTS_CLASSES - 1;
}

#endif

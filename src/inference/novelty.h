/* SPDX-License-Identifier: MIT
 *
 * novelty.h - how much of a written text stands in a corpus already.
 *
 * The figure of a character is the length, in characters, of the longest stretch of
 * the text that holds it and also stands in the corpus, letter for letter; 0 for a
 * character that the corpus does not have. Shares, mean and median are all of that
 * one figure. It does not depend on how long the text is, only on the corpus.
 */
#ifndef RNN_NOVELTY_H
#define RNN_NOVELTY_H

#include "text/suffixes.h"

#define RNN_NOVELTY_LEVELS 6
#define RNN_NOVELTY_SPANS  5 /* stretches that are shown */

/* 8, 16, 32, 64, 128, 256 characters. */
extern const uint64_t rnn_novelty_levels[RNN_NOVELTY_LEVELS];

/* A text as it was written, in UTF-8. What is not UTF-8 is compared as it is; only its
 * length in characters then means little. */
typedef struct rnn_novelty_text {
    const char *bytes;
    size_t count;
} rnn_novelty_text;

/* A stretch that stands in the corpus, and is part of no longer one that does. */
typedef struct rnn_novelty_span {
    size_t text;              /* which of the texts */
    size_t byte, bytes;       /* where in it, and how long */
    size_t place, characters; /* the same in characters */
    size_t times, first;      /* how often in the corpus, and the byte of the first time */
} rnn_novelty_span;

typedef struct rnn_novelty {
    uint64_t characters;
    uint64_t copied[RNN_NOVELTY_LEVELS]; /* characters with at least that figure */
    double mean;                         /* of the figures; 0 without characters */
    uint64_t median, longest;
    /* The longest ones, longest first; none that says the same as a longer one, or lies
     * in it with half of itself. */
    rnn_novelty_span spans[RNN_NOVELTY_SPANS];
    size_t span_count;
} rnn_novelty;

/* Compares texts [count] with a corpus, each by itself. Takes about 40 bytes of memory
 * for each byte of them. RNN_ERR_MEMORY. */
rnn_status rnn_novelty_measure(rnn_novelty *out, const rnn_suffixes *corpus,
                               const rnn_novelty_text *texts, size_t count, rnn_error *error);

/* Characters of texts [count]. */
uint64_t rnn_novelty_characters(const rnn_novelty_text *texts, size_t count);

/* Where the end of a corpus begins that may be held back for comparison: so many
 * characters, but no more than a twentieth of its bytes. `count` where that leaves
 * fewer than a hundred bytes. */
size_t rnn_novelty_hold_back(const char *corpus, size_t count, uint64_t characters);

#endif

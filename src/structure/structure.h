/* SPDX-License-Identifier: MIT
 *
 * structure.h - does a text close what it opens?
 *
 * A scanner for a language (C, LaTeX, ...) reads a text character by character and
 * counts its pairs, each kind for itself:
 *
 *   closed   openings whose own closing came before one that encloses them
 *   failed   openings that an enclosing one's closing, or the end of the line or the
 *            paragraph that they must not leave, came upon; and those that are open at
 *            the text's end more than RNN_STRUCTURE_PATIENCE characters later
 *   open     openings nearer to the text's end that nothing closed: they count for
 *            neither
 *   stray    closings without an opening
 *
 * Each of the first two by distance: characters from the opening's first to the
 * closing's first, or to where it failed.
 */
#ifndef RNN_STRUCTURE_H
#define RNN_STRUCTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RNN_STRUCTURE_DISTANCES 6
#define RNN_STRUCTURE_KINDS     12   /* in a language, at most */
#define RNN_STRUCTURE_PATIENCE  3000 /* characters */

/* The least of each class of distances: 1, 10, 30, 100, 300, 1000 characters. */
extern const uint64_t rnn_structure_distances[RNN_STRUCTURE_DISTANCES];

typedef struct rnn_structure_pairs {
    uint64_t closed[RNN_STRUCTURE_DISTANCES], failed[RNN_STRUCTURE_DISTANCES];
    uint64_t stray, open;
} rnn_structure_pairs;

typedef struct rnn_structure_result {
    uint64_t characters;
    rnn_structure_pairs of[RNN_STRUCTURE_KINDS]; /* by kind */
    uint64_t values, valid; /* JSON: whole objects and arrays, and those that can be parsed */
} rnn_structure_result;

typedef struct rnn_language rnn_language;

/* All languages, in the order "c latex wiki json quotes"; NULL from `index` 5 on. */
const rnn_language *rnn_language_at(size_t index);
const char *rnn_language_name(const rnn_language *language);
/* How a kind of pair is written, for people: "{ }"; NULL behind the last. */
const char *rnn_language_kind(const rnn_language *language, size_t kind);
/* 1 if the language counts values. */
int rnn_language_has_values(const rnn_language *language);
/* What a text seems to be written in, by marks that are frequent; prose ("quotes") where
 * nothing speaks for another. */
const rnn_language *rnn_language_guess(const char *text, size_t bytes);

typedef struct rnn_structure rnn_structure;

rnn_status rnn_structure_create(rnn_structure **out, const rnn_language *language,
                                rnn_error *error);
void rnn_structure_destroy(rnn_structure *structure);

/* A piece of the text, of any size: what is found does not depend on how the text is cut.
 * Any bytes will do. RNN_ERR_MEMORY. */
rnn_status rnn_structure_add(rnn_structure *structure, const char *bytes, size_t count,
                             rnn_error *error);

/* Ends the text and adds what was found to *result. Another text may begin.
 * RNN_ERR_MEMORY. */
rnn_status rnn_structure_end(rnn_structure *structure, rnn_structure_result *result,
                             rnn_error *error);

#endif

/* SPDX-License-Identifier: MIT
 *
 * predicates.h - what could be said of each character of a text: is it inside quotes, how
 * far into its line, how deep in brackets?
 *
 * A value is what is so once its character has been read, as a reader knows it then: an
 * opening mark is inside already, a closing one outside. One predicate alone looks ahead,
 * "line end". Quotes, comments and brackets are those of a language (structure.h); an opening
 * that nothing has closed within RNN_STRUCTURE_PATIENCE characters is forgotten.
 */
#ifndef RNN_PREDICATES_H
#define RNN_PREDICATES_H

#include "structure/structure.h"

#define RNN_PREDICATES_MOST  32
#define RNN_PREDICATES_AFTER 16 /* bytes that `after` may have */

/* Values are 0 or 1, or, where a predicate is graded, 0 .. 255: what is more counts as 255. */
typedef struct rnn_predicate {
    char name[32];  /* "quote", "( )" */
    char words[64]; /* "inside quotation marks" */
    int graded;
} rnn_predicate;

typedef struct rnn_predicates rnn_predicates;

/* Those of any text, and those of a language unless it is NULL. `after`, unless it is NULL
 * or empty, adds "right behind these characters". RNN_ERR_RANGE if it is too long or no
 * UTF-8. */
rnn_status rnn_predicates_create(rnn_predicates **out, const rnn_language *language,
                                 const char *after, rnn_error *error);
void rnn_predicates_destroy(rnn_predicates *predicates);

size_t rnn_predicates_count(const rnn_predicates *predicates);
const rnn_predicate *rnn_predicates_at(const rnn_predicates *predicates, size_t index);

/* The bytes of a text's symbol `at`: a character, or a part of one. */
typedef const char *(*rnn_predicates_source)(void *context, uint64_t at, size_t *bytes);

/* Reads a text of `symbols` symbols from its beginning; values [predicates][symbols]. A
 * symbol that completes no character has the values of the one before it. RNN_ERR_MEMORY. */
rnn_status rnn_predicates_read(const rnn_predicates *predicates, rnn_predicates_source source,
                               void *context, uint64_t symbols, uint8_t *values, rnn_error *error);

#endif

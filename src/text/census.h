/* SPDX-License-Identifier: MIT
 *
 * census.h - how often each code point and each byte occurs in a text.
 *
 * Takes about 9 MB, however long the text is.
 */
#ifndef RNN_CENSUS_H
#define RNN_CENSUS_H

#include "base/status.h"
#include "text/utf8.h"

typedef struct rnn_census rnn_census;

rnn_status rnn_census_create(rnn_census **out, rnn_error *error);
void rnn_census_destroy(rnn_census *census);

/* Counts a piece of the text; pieces may cut a character, but for the last. Cannot
 * fail. */
void rnn_census_add(rnn_census *census, const char *bytes, size_t count, int last);

/* Between two pieces: a new file begins, so places are counted from its start. */
void rnn_census_restart(rnn_census *census);

/* Bytes counted. */
uint64_t rnn_census_total(const rnn_census *census);
/* How often a code point, or a byte 0..255, was there; of bytes after the last piece. */
uint64_t rnn_census_of_code(const rnn_census *census, uint32_t code);
uint64_t rnn_census_of_byte(const rnn_census *census, int byte);

/* 1 if something was not UTF-8: then the first such byte's value and place, where
 * the pointers are not NULL. */
int rnn_census_found_invalid(const rnn_census *census, unsigned *byte, rnn_place *place);

#endif
